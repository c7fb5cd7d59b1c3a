package objects

import (
	"container/list"

	"github.com/fairwaygw/fairway/internal/store"
)

// recent are the objects that were used last, up to a size.
type recent struct {
	most, size int64
	order      list.List // of *store.Object, the newest in front
	byKey      map[key]*list.Element
}

// overhead is about what an object takes in memory beside its texts.
const overhead = 512

func sizeOf(o *store.Object) int64 {
	return int64(overhead + len(o.ID) + len(o.Account) + len(o.Body))
}

func (r *recent) get(name key) (store.Object, bool) {
	e := r.byKey[name]
	if e == nil {
		return store.Object{}, false
	}
	r.order.MoveToFront(e)
	return *e.Value.(*store.Object), true
}

// put puts an object in front, and lets go of the last ones. One that would push
// out a good part of the others is not taken.
func (r *recent) put(o store.Object) {
	const share = 8
	r.delete(keyOf(&o))
	size := sizeOf(&o)
	if size > r.most/share {
		return
	}
	if r.byKey == nil {
		r.byKey = map[key]*list.Element{}
	}
	r.byKey[keyOf(&o)] = r.order.PushFront(&o)
	r.size += size
	for r.size > r.most {
		r.delete(keyOf(r.order.Back().Value.(*store.Object)))
	}
}

func (r *recent) delete(name key) {
	e := r.byKey[name]
	if e == nil {
		return
	}
	r.size -= sizeOf(e.Value.(*store.Object))
	r.order.Remove(e)
	delete(r.byKey, name)
}
