package ledger

import (
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// keep syncs the journal beside the calls, and tries again after faults, as
// nobody appends while calls are not admitted.
func (j *Journal) keep() {
	defer close(j.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-j.quit:
			return
		case <-j.kick:
		}
		for pause := j.o.SyncEvery; pause > 0; {
			timer.Reset(pause)
			select {
			case <-j.quit:
				return
			case <-timer.C:
			}
			pause = 0
			j.sync()
			j.retry()
			if j.writeFault.get() != nil || j.syncFault.get() != nil {
				pause = j.o.RetryEvery
			}
		}
	}
}

// sync writes what has changed to the disk.
func (j *Journal) sync() {
	err := j.syncRetired()
	if j.dirty.Load() || j.syncFault.get() != nil {
		// The flag first: what is appended from here on sets it again.
		j.dirty.Store(false)
		j.mu.Lock()
		active := j.active
		j.mu.Unlock()
		err = errors.Join(err, active.Sync())
	}
	if err != nil {
		err = fmt.Errorf("syncing journal: %w", err)
	}
	switch changed := j.syncFault.set(err); {
	case changed && err != nil:
		j.o.Logger.Error("journal cannot be synced", zap.String("dir", j.dir), zap.Error(err))
	case changed:
		j.o.Logger.Info("journal can be synced again", zap.String("dir", j.dir))
	}
}

// syncRetired syncs and closes the finished segments.
func (j *Journal) syncRetired() error {
	j.mu.Lock()
	retired := j.retired
	j.retired = nil
	j.mu.Unlock()
	var err error
	for _, f := range retired {
		err = errors.Join(err, f.Sync(), f.Close())
	}
	return err
}

// retry takes the lead, if nobody has it, to write what is held and to look if
// the disk has room again.
func (j *Journal) retry() {
	if j.writeFault.get() == nil {
		return
	}
	j.mu.Lock()
	if j.leading || j.closed {
		j.mu.Unlock()
		return
	}
	j.leading = true
	j.mu.Unlock()
	defer j.handOver()
	if len(j.held) > 0 {
		if err := j.write(nil, 0); err != nil {
			j.o.Logger.Debug("journal still cannot be written", zap.Error(err))
		}
		return
	}
	// Nothing is held, so writing worked, and only room ahead was missing.
	if j.makeRoom(0) == nil {
		j.clearWriteFault()
	}
}
