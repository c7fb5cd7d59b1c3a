package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// machine is where and with what the figures were made.
type machine struct {
	Time     time.Time         `json:"time"`
	CPU      string            `json:"cpu"`
	Cores    int               `json:"cores"`
	Kernel   string            `json:"kernel"`
	Load     string            `json:"load"` // averages at the start
	Go       map[string]string `json:"go"`   // by target: what its binary was built with
	Programs map[string]string `json:"programs"`
}

func describeMachine(specs []proxySpec) machine {
	m := machine{
		Time: time.Now().UTC().Truncate(time.Second), CPU: "unknown", Cores: runtime.NumCPU(),
		Kernel: firstLine("/proc/sys/kernel/osrelease"), Load: firstLine("/proc/loadavg"),
		Go: map[string]string{}, Programs: map[string]string{},
	}
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(b), "model name\t: "); ok {
			m.CPU, _, _ = strings.Cut(rest, "\n")
		}
	}
	for _, s := range specs {
		m.Programs[s.name] = s.binary
		if info, err := buildinfo.ReadFile(s.binary); err == nil {
			m.Go[s.name] = info.GoVersion
		}
	}
	return m
}

func (m machine) String() string {
	line := fmt.Sprintf("%s, %d cores, Linux %s, load %s", m.CPU, m.Cores, m.Kernel, m.Load)
	for name, version := range m.Go {
		line += fmt.Sprintf("; %s built with %s", name, version)
	}
	return line
}

func firstLine(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}
