package live

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/source"
)

// Generation is a catalog that was read from a source.
type Generation struct {
	ID string `json:"id"`
	// Source is where it is from, without what may be secret in an address.
	Source string       `json:"source"`
	Shape  source.Shape `json:"shape"`
	// SHA256 is of the source's bytes.
	SHA256 string    `json:"sha256"`
	ReadAt time.Time `json:"read_at"`
	Forced bool      `json:"forced,omitempty"`
	// Vendors are those that the source has, Models how many all have.
	Vendors []string `json:"vendors"`
	Models  int      `json:"models"`
	// Refused are rows that cannot be true, Held facts that were not believed,
	// so that the ones before stand. Both end after some.
	Refused []source.Note `json:"refused,omitempty"`
	Held    []source.Note `json:"held,omitempty"`
	// RefusedCount and HeldCount are of all of them.
	RefusedCount int `json:"refused_count,omitempty"`
	HeldCount    int `json:"held_count,omitempty"`
	// Base is the built-in catalog that it was read over.
	Base string `json:"base"`
}

// state is what is kept in a file.
type state struct {
	// Current is the generation in force, History those before, the newest
	// first. Empty is the built-in catalog, which comes before all.
	Current     string                 `json:"current"`
	History     []string               `json:"history,omitempty"`
	Generations map[string]*Generation `json:"generations,omitempty"`
	// Rejected is the content that somebody went back from.
	Rejected string `json:"rejected,omitempty"`
	// Of tells the source that was looked at last, Checked when it was seen to
	// be well; ETag and Modified are its validators.
	Of       string    `json:"of,omitempty"`
	Checked  time.Time `json:"checked"`
	ETag     string    `json:"etag,omitempty"`
	Modified string    `json:"last_modified,omitempty"`

	// tried is the last look at the source, and how it ended.
	tried   time.Time
	outcome Outcome
	failure string
}

const stateFile = "state.json"

// maxHistory is how many generations are kept to go back to.
const maxHistory = 2

func (s *state) read(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return err
	}
	var read state
	if err := json.Unmarshal(text, &read); err != nil {
		return fmt.Errorf("reading %s: %w", stateFile, err)
	}
	for id, g := range read.Generations {
		if g == nil || g.ID != id || filepath.Base(id) != id || id == "." || id == ".." {
			return fmt.Errorf("reading %s: generation %q is not well-formed", stateFile, id)
		}
		for _, name := range g.Vendors {
			if !catalog.ValidVendor(name) {
				return fmt.Errorf("reading %s: vendor %q is not well-formed", stateFile, name)
			}
		}
	}
	*s = read
	return nil
}

// check forgets generations whose files are not all there, and returns them.
func (s *state) check(dir string) (gone []string) {
	for id, g := range s.Generations {
		for _, name := range g.Vendors {
			if info, err := os.Stat(filepath.Join(dir, id, name+".json")); err != nil || !info.Mode().IsRegular() {
				gone = append(gone, id)
				delete(s.Generations, id)
				break
			}
		}
	}
	s.History = slices.DeleteFunc(s.History, func(id string) bool { return s.Generations[id] == nil })
	if s.Generations[s.Current] == nil {
		s.Current = ""
		if len(s.History) > 0 {
			s.Current, s.History = s.History[0], s.History[1:]
		}
	}
	slices.Sort(gone)
	return gone
}

func (s *state) clone() state {
	c := *s
	c.History = slices.Clone(s.History)
	c.Generations = maps.Clone(s.Generations)
	return c
}

// write keeps the state, and forgets generations that nothing leads to.
func (s *state) write(dir string) error {
	if len(s.History) > maxHistory {
		s.History = s.History[:maxHistory]
	}
	maps.DeleteFunc(s.Generations, func(id string, _ *Generation) bool { return id != s.Current && !slices.Contains(s.History, id) })
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, stateFile), text)
}

// sweep deletes the files of generations that are forgotten. One that is still
// being read from loses only what nobody asked for yet, and the built-in facts
// stand in.
func (s *state) sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() && s.Generations[e.Name()] == nil {
			_ = os.RemoveAll(filepath.Join(dir, e.Name())) // the next sweep tries again
		}
	}
}

// keep writes a generation's files.
func (g *Generation) keep(dir string, files []catalog.File) error {
	folder := filepath.Join(dir, g.ID)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for i := range files {
		text, err := files[i].Text()
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(folder, files[i].Vendor+".json"), text); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes all of a file or nothing, and waits for the disk.
func writeFile(path string, text []byte) (err error) {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(path + ".new")
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder waits until the disk has a folder's names. Where folders cannot be
// synced, nothing is lost but that.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_ = f.Sync()
	return nil
}
