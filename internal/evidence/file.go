package evidence

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// defaultRetention is how long records are kept where nothing is configured.
const defaultRetention = 30 * 24 * time.Hour

// layoutVersion is the version of the file's buckets and keys.
const layoutVersion = 1

// The buckets. A record's field is under "<id>\x00<field>".
var (
	bucketAbout     = []byte("aftercheck")    // what kind of file this is
	bucketRecords   = []byte("verifications") // fields of verifications
	bucketSnapshots = []byte("snapshots")     // fields of snapshots
	bucketAccepted  = []byte("accepted")      // entries of all verifications
	bucketIncidents = []byte("incidents")     // "<incident> <entry>"
	bucketPending   = []byte("pending")       // entries of those that are not settled
	bucketExpiry    = []byte("expiry")        // "<time> <kind> <id>": when to look whether a record has expired
)

var keyLayout = []byte("layout")

// FileOptions configure a File. The zero value is ready for use.
type FileOptions struct {
	// Retention is how long records are kept; zero means 30 days.
	Retention time.Duration
	// LockTimeout is how long OpenFile waits for another process to release
	// the file; zero means one second.
	LockTimeout time.Duration
	// MaxErrands bounds the errands of one kind; zero means MaxErrands.
	MaxErrands int
	// Logger is told what goes wrong in Run; nil means nobody.
	Logger *slog.Logger
}

func (o FileOptions) withDefaults() FileOptions {
	if o.Retention <= 0 {
		o.Retention = defaultRetention
	}
	if o.LockTimeout <= 0 {
		o.LockTimeout = time.Second
	}
	if o.MaxErrands <= 0 {
		o.MaxErrands = MaxErrands
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// File is the Store in one local file, for one process at a time. A call that
// returns nil has been synced to the disk (fdatasync), and outlives a crash of
// the process and of the machine. Concurrent writes share a sync.
//
// The file does not shrink: the room of what has expired is used again.
type File struct {
	db      *bolt.DB
	file    *os.File // db's own
	guard   guard
	writes  *committer
	options FileOptions
}

var _ Store = (*File)(nil)

// OpenFile opens the store in the file at path, or creates it, readable by the
// owner only, with the directories above it. It fails where another process
// holds the file, where the file is damaged or no store, and where a newer
// version of Aftercheck laid it out; it never changes such a file.
func OpenFile(path string, o FileOptions) (*File, error) {
	o = o.withDefaults()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	f := &File{options: o}
	if err := f.open(path); err != nil {
		return nil, fmt.Errorf("opening store %s: %w", path, err)
	}
	return f, nil
}

// open opens the file and checks it.
func (f *File) open(path string) error {
	err := f.guard.run(func() (err error) {
		f.db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:      f.options.LockTimeout,
			FreelistType: bolt.FreelistMapType,
			NoStatistics: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				file, err := os.OpenFile(name, flag, mode)
				f.file = file
				return file, err
			},
		})
		return err
	})
	if err != nil {
		if f.guard.damaged() {
			_ = f.file.Close() // bolt did not come so far
		}
		return explain(err, f.options.LockTimeout)
	}
	f.writes = &committer{db: f.db, guard: &f.guard}
	if err := f.guard.run(func() error { return prepare(f.db) }); err != nil {
		return errors.Join(explain(err, 0), f.Close())
	}
	return nil
}

// explain says what an error of opening means here. What is none of the
// system's is bolt's word for a file that it does not understand.
func explain(err error, waited time.Duration) error {
	var system syscall.Errno
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("another process holds the file (waited %s for it to let go)", waited)
	case errors.As(err, &system):
		return err
	case errors.Is(err, ErrUnreadable):
		return fmt.Errorf("%w; %s", err, leftAlone)
	default:
		return fmt.Errorf("%w: the file is damaged or no store: %w; %s", ErrUnreadable, err, leftAlone)
	}
}

const leftAlone = "it was left as it is: move it away to start with an empty store"

// prepare checks that the file is whole and a store of a layout we know, or
// lays out a new one.
func prepare(db *bolt.DB) error {
	fresh := false
	err := db.View(func(tx *bolt.Tx) error {
		if err := checkLength(db.Path(), tx.Size()); err != nil {
			return err
		}
		first, _ := tx.Cursor().First()
		fresh = first == nil
		if fresh {
			return nil
		}
		return checkLayout(tx)
	})
	if err != nil {
		return err
	}
	if !fresh {
		return addBuckets(db)
	}
	if err := db.Update(layOut); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(db.Path()))
}

// addBuckets makes what an earlier version did not, and leaves a file alone that
// has everything.
func addBuckets(db *bolt.DB) error {
	whole := true
	err := db.View(func(tx *bolt.Tx) error {
		whole = tx.Bucket(bucketErrands) != nil && tx.Bucket(bucketErrandIndex) != nil
		return nil
	})
	if err != nil || whole {
		return err
	}
	return db.Update(func(tx *bolt.Tx) error {
		_, rows := tx.CreateBucketIfNotExists(bucketErrands)
		_, index := tx.CreateBucketIfNotExists(bucketErrandIndex)
		return errors.Join(rows, index)
	})
}

// checkLength tells a file that was cut off, whose pages would be missing.
func checkLength(path string, want int64) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < want {
		return fmt.Errorf("%w: the file is cut off at %d of %d bytes", ErrUnreadable, info.Size(), want)
	}
	return nil
}

func checkLayout(tx *bolt.Tx) error {
	about := tx.Bucket(bucketAbout)
	if about == nil {
		return fmt.Errorf("%w: the file belongs to another program", ErrUnreadable)
	}
	version, _ := binary.Uvarint(about.Get(keyLayout))
	if version != layoutVersion {
		return fmt.Errorf("%w: the file has layout %d, this version of Aftercheck reads layout %d",
			ErrUnreadable, version, layoutVersion)
	}
	return nil
}

func layOut(tx *bolt.Tx) error {
	for _, name := range [][]byte{bucketAbout, bucketRecords, bucketSnapshots, bucketAccepted, bucketIncidents, bucketPending, bucketExpiry, bucketErrands, bucketErrandIndex} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return tx.Bucket(bucketAbout).Put(keyLayout, binary.AppendUvarint(nil, layoutVersion))
}

// syncDirectory makes a new file's name outlive a crash of the machine.
func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Check writes a mark and syncs it, so that a full or failing disk shows.
func (f *File) Check(ctx context.Context) error {
	now := timeKey(time.Now())
	err := f.writes.commit(ctx, func(tx *bolt.Tx) error {
		return tx.Bucket(bucketAbout).Put([]byte("checked"), []byte(now))
	})
	return unavailable("checking the store", err)
}

// Close commits what waits and closes the file. It may be called twice.
func (f *File) Close() error {
	f.writes.close()
	closing := f.db.Close
	if f.guard.damaged() {
		closing = f.file.Close // bolt may wait for a lock that it lost
	}
	if err := closing(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("closing store: %w", err)
	}
	return nil
}
