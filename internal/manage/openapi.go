package manage

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
)

func (s *server) getOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, s.OpenAPI())
}

// OpenAPI is the description of the API (OpenAPI 3.1), made of the table of its
// routes and of the Go types of their bodies.
func (s *server) OpenAPI() map[string]any {
	d := &describer{schemas: map[string]any{}}
	paths := map[string]map[string]any{}
	for _, r := range s.routes() {
		r.path = strings.ReplaceAll(r.path, "...}", "}")
		if paths[r.path] == nil {
			paths[r.path] = map[string]any{}
		}
		paths[r.path][strings.ToLower(r.method)] = d.operation(&r)
	}
	d.schema(reflect.TypeFor[api.Problem]())
	return map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]any{"title": "Fairway management API", "version": "1", "license": map[string]any{"name": "Apache-2.0", "identifier": "Apache-2.0"}},
		"servers": []any{map[string]any{"url": s.Prefix}},
		"paths":   paths,
		"components": map[string]any{
			"schemas": d.schemas,
			"securitySchemes": map[string]any{
				"token":   map[string]any{"type": "http", "scheme": "bearer", "description": "a management token, fwm_…"},
				"session": map[string]any{"type": "apiKey", "in": "cookie", "name": sessionCookie},
			},
		},
		"security": []any{map[string]any{"token": []any{}}, map[string]any{"session": []any{}}},
	}
}

// describer collects the schemas that operations name.
type describer struct{ schemas map[string]any }

func (d *describer) operation(r *route) map[string]any {
	status := r.status
	if status == 0 {
		status = http.StatusOK
	}
	answer := map[string]any{"description": http.StatusText(status)}
	if r.out != nil {
		answer["content"] = content("application/json", d.schema(reflect.TypeOf(r.out)))
	}
	op := map[string]any{
		"operationId": operationID(r), "summary": r.summary, "tags": []any{strings.SplitN(r.path, "/", 3)[1]},
		"responses": map[string]any{
			strconv.Itoa(status): answer,
			"default":            map[string]any{"description": "a problem (RFC 9457)", "content": content("application/problem+json", ref("Problem"))},
		},
	}
	var parameters []any
	for part := range strings.SplitSeq(r.path, "/") {
		if strings.HasPrefix(part, "{") {
			parameters = append(parameters, map[string]any{"name": strings.Trim(part, "{}"), "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
		}
	}
	for _, name := range r.query {
		schema := map[string]any{"type": "string"}
		if name == "limit" {
			schema = map[string]any{"type": "integer", "minimum": 1, "maximum": 1000}
		}
		parameters = append(parameters, map[string]any{"name": name, "in": "query", "schema": schema})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.in != nil {
		kind := "application/json"
		if r.method == http.MethodPatch {
			kind = "application/merge-patch+json"
		}
		op["requestBody"] = map[string]any{"content": content(kind, d.schema(reflect.TypeOf(r.in)))}
	}
	if r.may == open {
		op["security"] = []any{}
	} else {
		op["x-permission"] = string(r.may)
	}
	return op
}

// operationID is made of the method and the path, in camel case.
func operationID(r *route) string {
	id := strings.ToLower(r.method)
	for part := range strings.SplitSeq(strings.Trim(r.path, "/"), "/") {
		part = strings.Trim(part, "{}")
		for word := range strings.SplitSeq(strings.ReplaceAll(part, ".", "_"), "_") {
			if word != "" {
				id += strings.ToUpper(word[:1]) + word[1:]
			}
		}
	}
	return id
}

func content(kind string, schema any) map[string]any {
	return map[string]any{kind: map[string]any{"schema": schema}}
}

func ref(name string) map[string]any {
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

var special = map[reflect.Type]map[string]any{
	reflect.TypeFor[time.Time]():       {"type": "string", "format": "date-time"},
	reflect.TypeFor[time.Duration]():   {"type": "integer", "description": "nanoseconds"},
	reflect.TypeFor[json.RawMessage](): {},
	reflect.TypeFor[ledger.Nano]():     {"type": "string", "description": "US dollars, decimal"},
	reflect.TypeFor[platform.Limits](): limitsSchema(),
}

func limitsSchema() map[string]any {
	properties := map[string]any{"window": map[string]any{"enum": []any{platform.WindowSliding, platform.WindowFixed}}}
	for _, name := range platform.LimitNames {
		properties[name] = map[string]any{"type": "integer", "minimum": 0}
		if platform.IsCost(name) {
			properties[name] = map[string]any{"type": "string", "description": "US dollars, decimal", "pattern": `^[0-9]+(\.[0-9]{1,9})?$`}
		}
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

var enums = map[reflect.Type][]any{
	reflect.TypeFor[platform.Role]():              anys(platform.Roles),
	reflect.TypeFor[platform.APIKind]():           {platform.KindModel, platform.KindPrompt, platform.KindREST},
	reflect.TypeFor[platform.Visibility]():        {platform.VisiblePrivate, platform.VisibleShared, platform.VisiblePublic},
	reflect.TypeFor[platform.Approval]():          {platform.ApproveAuto, platform.ApproveManual, platform.ApproveRule},
	reflect.TypeFor[platform.RequestKind]():       anys(platform.RequestKinds),
	reflect.TypeFor[platform.APIState]():          {platform.StateDraft, platform.StateInReview, platform.StatePublished, platform.StateDeprecated, platform.StateBlocked, platform.StateRetired},
	reflect.TypeFor[platform.RequestState]():      {platform.ReqPending, platform.ReqApproved, platform.ReqRejected, platform.ReqWithdrawn, platform.ReqLapsed},
	reflect.TypeFor[platform.SubscriptionState](): {platform.SubScheduled, platform.SubActive, platform.SubSuspended, platform.SubExpired, platform.SubRevoked, platform.SubCancelled, platform.SubEnded},
}

func anys[T any](all []T) []any {
	out := make([]any, len(all))
	for i, v := range all {
		out[i] = v
	}
	return out
}

// schema describes a type; structs that have a name stand among the schemas.
func (d *describer) schema(t reflect.Type) any {
	if s, ok := special[t]; ok {
		return s
	}
	if e, ok := enums[t]; ok {
		return map[string]any{"type": "string", "enum": e}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{d.schema(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint8:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": []any{"array", "null"}, "items": d.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.object(t)
	}
	return map[string]any{}
}

func (d *describer) object(t reflect.Type) any {
	name := schemaName(t)
	if name != "" {
		if _, ok := d.schemas[name]; ok {
			return ref(name)
		}
		d.schemas[name] = nil // in the making
	}
	properties, required := map[string]any{}, []any{}
	d.fields(t, properties, &required)
	schema := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		slices.SortFunc(required, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		schema["required"] = required
	}
	if name == "" {
		return schema
	}
	d.schemas[name] = schema
	return ref(name)
}

// schemaName is that of a type: "List[api.Key]" is KeyList.
func schemaName(t reflect.Type) string {
	outer, inner, generic := strings.Cut(t.Name(), "[")
	if !generic {
		return outer
	}
	inner = strings.TrimSuffix(inner, "]")
	return inner[strings.LastIndexAny(inner, "./")+1:] + outer
}

func (d *describer) fields(t reflect.Type, properties map[string]any, required *[]any) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			d.fields(f.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || name == "" {
			continue
		}
		properties[name] = d.schema(f.Type)
		// What may be left out, and what is edited, is not required.
		if !strings.Contains(options, "omit") && !strings.HasSuffix(t.Name(), "Edit") && t.Name() != "Terms" {
			*required = append(*required, name)
		}
	}
}
