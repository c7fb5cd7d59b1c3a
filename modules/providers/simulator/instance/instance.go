// Package instance makes instances of JSON schemas.
package instance

// Append appends an instance of a schema.
func Append(dst, schema []byte) ([]byte, error) { return append(dst, "{}"...), nil }
