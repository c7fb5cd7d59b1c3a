package providers

// ownServers are servers that people run themselves, at the address that they
// listen on unless told otherwise. They want no key by default.
var ownServers = []PresetInfo{
	{Name: "llamacpp", Title: "llama.cpp", Type: compatible, BaseURL: "http://localhost:8080/v1", Vendor: "llamacpp", Explicit: true},
	{Name: "lmstudio", Title: "LM Studio", Type: compatible, BaseURL: "http://localhost:1234/v1", Vendor: "lmstudio", Explicit: true},
	{Name: "localai", Title: "LocalAI", Type: compatible, BaseURL: "http://localhost:8080/v1", Vendor: "localai", Explicit: true},
	{Name: "ollama", Title: "Ollama", Type: "ollama", BaseURL: "http://localhost:11434", Explicit: true},
	{Name: "ollama-v1", Title: "Ollama (OpenAI's dialect)", Type: compatible, BaseURL: "http://localhost:11434/v1", Vendor: "ollama", Explicit: true},
	{Name: "sglang", Title: "SGLang", Type: compatible, BaseURL: "http://localhost:30000/v1", Vendor: "sglang", Explicit: true},
	{Name: "vllm", Title: "vLLM", Type: compatible, BaseURL: "http://localhost:8000/v1", Vendor: "vllm", Explicit: true},
}
