package providers

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"go.uber.org/zap"
)

// maxSecret bounds a file with a secret, in bytes.
const maxSecret = 64 << 10

// resolve replaces {env.NAME} and {file./path} in a secret. Other placeholders
// are refused: a mistyped one would be sent to the vendor as it stands. what
// names the place. A secret without placeholders is warned of, unless log is
// nil. Neither errors nor warnings tell anything of the secret.
func resolve(what, raw string, log *zap.Logger) (string, error) {
	var b strings.Builder
	rest := raw
	for {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		name, behind, closed := strings.Cut(after, "}")
		value, err := lookUp(what, name, log)
		if !closed || errors.Is(err, errPlaceholder) {
			return "", fmt.Errorf("%s: has a placeholder other than {env.NAME} and {file./path}", what)
		}
		if err != nil {
			return "", err
		}
		b.WriteString(value)
		rest = behind
	}
	secret := b.String()
	if log != nil && rest == raw {
		log.Warn(what + " stands in the configuration itself; move it to the environment, as {env.NAME}, or to a file, as {file./path}")
	}
	if secret == "" {
		return "", fmt.Errorf("%s: is empty", what)
	}
	for i := range len(secret) {
		if c := secret[i]; c < ' ' || c > '~' {
			return "", fmt.Errorf("%s: holds a line break or another character that no header can carry", what)
		}
	}
	if secret[0] == ' ' || secret[len(secret)-1] == ' ' {
		return "", fmt.Errorf("%s: begins or ends with a space", what)
	}
	return secret, nil
}

var errPlaceholder = errors.New("unknown placeholder")

// lookUp finds the value of a placeholder.
func lookUp(what, name string, log *zap.Logger) (string, error) {
	if variable, ok := strings.CutPrefix(name, "env."); ok {
		value, set := os.LookupEnv(variable)
		switch {
		case !set:
			return "", fmt.Errorf("%s: the environment variable %s is not set", what, variable)
		case value == "":
			return "", fmt.Errorf("%s: the environment variable %s is empty", what, variable)
		}
		return value, nil
	}
	if path, ok := strings.CutPrefix(name, "file."); ok {
		return readSecret(what, path, log)
	}
	return "", errPlaceholder
}

// readSecret reads a file, without the line break at its end.
func readSecret(what, path string, log *zap.Logger) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%s: the file %s does not exist", what, path)
		}
		return "", fmt.Errorf("%s: reading the file: %w", what, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("%s: reading the file: %w", what, err)
	}
	if len(text) > maxSecret {
		return "", fmt.Errorf("%s: the file %s is too large for a secret", what, path)
	}
	const others = 0o044
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&others != 0 && log != nil {
		log.Warn("others can read the file of "+what+"; take the right away with: chmod 600", zap.String("file", path))
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if value == "" {
		return "", fmt.Errorf("%s: the file %s is empty", what, path)
	}
	return value, nil
}
