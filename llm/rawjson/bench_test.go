package rawjson

import (
	"encoding/json"
	"strings"
	"testing"
)

// chatBody is a usual request of about 1 KB.
const chatBody = `{"model":"gpt-4o-mini","messages":[{"role":"system","content":"You are a helpful assistant that answers questions about the weather, travel and local customs. Be brief, and say so when you do not know."},{"role":"user","content":"What should I pack for a trip to Lisbon in late October? I plan to walk a lot, and to visit Sintra for a day."},{"role":"assistant","content":"Layers, a light rain jacket and comfortable shoes.\n\n- It is 15 to 22 degrees.\n- Sintra is cooler and damp."},{"role":"user","content":"And is \"tram 28\" worth it?"}],"temperature":0.7,"top_p":1,"max_tokens":512,"stream":true,"stream_options":{"include_usage":true},"user":"user-1234","tools":[{"type":"function","function":{"name":"get_weather","description":"Gets the weather for a city.","parameters":{"type":"object","properties":{"city":{"type":"string","description":"The city"},"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city"]}}}]}`

// longBody has a prompt of 200 KB with a line break in every 80 bytes.
var longBody = `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"` + strings.Repeat(strings.Repeat("lorem ipsum ", 6)+`dolor.\n`, 200<<10/79) + `"}]}`

func BenchmarkScan(b *testing.B) {
	o := Options{
		Known: NewNames("model", "messages", "temperature", "top_p", "max_tokens", "stream", "stream_options", "user", "tools"),
		Free:  NewNames("parameters", "schema", "metadata", "properties", "arguments"),
	}
	for _, bb := range []struct{ name, body string }{
		{"1KB", chatBody},
		{"200KB", longBody},
		{"200KB-unicode", strings.ReplaceAll(longBody, "lorem", "лорем")},
		{"keys", string(object(5000, `"x":1`))},
	} {
		body := []byte(bb.body)
		b.Run(bb.name, func(b *testing.B) {
			var x Index
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if err := Scan(body, &o, &x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkStandardValid(b *testing.B) {
	body := []byte(chatBody)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		json.Valid(body)
	}
}

func TestScanAllocatesNothing(t *testing.T) {
	var x Index
	for name, body := range map[string][]byte{"chat": []byte(chatBody), "long": []byte(longBody), "keys": object(1000, `"x":1`)} {
		allocs := testing.AllocsPerRun(20, func() {
			if err := Scan(body, &options, &x); err != nil {
				t.Fatal(err)
			}
		})
		if allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}
