package objects

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/store"
)

const extension = ".object"

// writeFile writes objects into a new file, which only this user can read. One
// that a crash has cut off cannot be decoded: its caller has not seen the end of
// the answer.
func writeFile(path string, objects []store.Object) error {
	b, err := json.Marshal(objects)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// readFiles lets wait what the files hold, in the order of their names, which is
// that of their writing.
func (k *Keeper) readFiles() error {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(k.dir, e.Name())
		if filepath.Ext(path) != extension {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		p := parcel{file: path}
		if err := json.Unmarshal(b, &p.objects); err != nil {
			k.o.Logger.Warn("leaving out a file of kept objects that is cut off", zap.String("file", e.Name()))
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("deleting a file that is cut off: %w", err)
			}
			continue
		}
		for i := range p.objects {
			p.size += sizeOf(&p.objects[i])
		}
		k.size += p.size
		k.wait(p)
	}
	return nil
}
