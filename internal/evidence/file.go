package evidence

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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
	bucketPending   = []byte("pending")       // entries of those that are not sealed
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
	db, err := openBolt(path, o.LockTimeout)
	if err != nil {
		return nil, fmt.Errorf("opening store %s: %w", path, err)
	}
	if err := guard(func() error { return prepare(db) }); err != nil {
		return nil, fmt.Errorf("opening store %s: %w", path, errors.Join(err, db.Close()))
	}
	return &File{db: db, writes: &committer{db: db}, options: o}, nil
}

// openBolt opens the file and explains what bolt's errors mean here.
func openBolt(path string, lockTimeout time.Duration) (*bolt.DB, error) {
	var (
		db   *bolt.DB
		file *os.File
	)
	err := guard(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:      lockTimeout,
			FreelistType: bolt.FreelistMapType,
			NoStatistics: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				opened, err := os.OpenFile(name, flag, mode) //nolint:gosec // the configured path
				file = opened
				return opened, err
			},
		})
		return err
	})
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("another process holds the file (waited %s for it to let go)", lockTimeout)
	case errors.Is(err, ErrUnreadable):
		_ = file.Close() // bolt did not come so far; the lock goes with it
		return nil, fmt.Errorf("%w; %s", err, leftAlone)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w: the file is damaged or no store (%w); %s", ErrUnreadable, err, leftAlone)
	default:
		return nil, err
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
	if err != nil || !fresh {
		return err
	}
	if err := db.Update(layOut); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(db.Path()))
}

// checkLength tells a file that was cut off, whose pages would be missing.
func checkLength(path string, want int64) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < want {
		return fmt.Errorf("%w: the file is cut off at %d of %d bytes; %s", ErrUnreadable, info.Size(), want, leftAlone)
	}
	return nil
}

func checkLayout(tx *bolt.Tx) error {
	about := tx.Bucket(bucketAbout)
	if about == nil {
		return fmt.Errorf("%w: the file belongs to another program; %s", ErrUnreadable, leftAlone)
	}
	version, _ := binary.Uvarint(about.Get(keyLayout))
	if version != layoutVersion {
		return fmt.Errorf("%w: the file has layout %d, this version of Aftercheck reads layout %d; %s",
			ErrUnreadable, version, layoutVersion, leftAlone)
	}
	return nil
}

func layOut(tx *bolt.Tx) error {
	for _, name := range [][]byte{bucketAbout, bucketRecords, bucketSnapshots, bucketAccepted, bucketIncidents, bucketPending, bucketExpiry} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return tx.Bucket(bucketAbout).Put(keyLayout, binary.AppendUvarint(nil, layoutVersion))
}

// syncDirectory makes a new file's name outlive a crash of the machine.
func syncDirectory(path string) error {
	dir, err := os.Open(path) //nolint:gosec // the configured path's directory
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
	if err := f.db.Close(); err != nil {
		return fmt.Errorf("closing store: %w", err)
	}
	return nil
}
