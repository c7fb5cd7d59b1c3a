package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// makeKey makes an application and a key for it, as an operator does.
func makeKey(ctx context.Context, binary string, admin adminSocket) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	run := func(args ...string) ([]byte, error) {
		args = append(args, "--address", "unix/"+string(admin))
		cmd := exec.CommandContext(ctx, binary, args...)
		var problem bytes.Buffer
		cmd.Stderr = &problem
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("running fairway %s %s: %w: %s", args[0], args[1], err, bytes.TrimSpace(problem.Bytes()))
		}
		return out, nil
	}
	if _, err := run("app", "create", "bench"); err != nil {
		return "", err
	}
	out, err := run("key", "create", "--application", "bench", "--json")
	if err != nil {
		return "", err
	}
	var key struct{ Secret string }
	if err := json.Unmarshal(out, &key); err != nil {
		return "", fmt.Errorf("reading the key: %w", err)
	}
	if key.Secret == "" {
		return "", errors.New("reading the key: there is no secret in it")
	}
	return key.Secret, nil
}
