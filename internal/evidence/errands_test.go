package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// everyErrandCall makes every call about errands.
func everyErrandCall(ctx context.Context, s evidence.Errands) error {
	e := evidencetest.SampleErrand(1)
	e.DueAt = time.Now()
	e, _, err := s.PutErrand(ctx, e)
	if err != nil {
		return err
	}
	if _, err := s.NextErrand(ctx, e.Kind); err != nil {
		return err
	}
	claimed, err := s.ClaimErrands(ctx, e.Kind, time.Minute, 1)
	if err != nil || len(claimed) != 1 {
		return fmt.Errorf("claimed %v: %w", claimed, errors.Join(err, errors.New("want one")))
	}
	claimed[0].DueAt = time.Time{}
	if _, err := s.UpdateErrand(ctx, claimed[0]); err != nil {
		return err
	}
	_, errRead := s.Errand(ctx, e.Kind, e.ID)
	_, errList := s.ListErrands(ctx, aftercheck.ErrandFilter{Kind: e.Kind})
	_, errCount := s.CountErrands(ctx, e.Kind, "open")
	return errors.Join(errRead, errList, errCount, s.RemoveErrand(ctx, e.Kind, e.ID))
}

// TestErrandsAreBounded fills a kind: one more to be done is refused, and of the
// finished ones the first is dropped.
func TestErrandsAreBounded(t *testing.T) {
	for name, s := range map[string]evidence.Store{
		"file":  newFile(t, evidence.FileOptions{MaxErrands: 3}),
		"redis": openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t), MaxErrands: 3}),
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			for n := range 5 {
				e, _, err := s.PutErrand(ctx, evidencetest.SampleErrand(n))
				if full := n >= 3; errors.Is(err, evidence.ErrFull) != full {
					t.Fatalf("the %dth: error %v, full %v", n, err, full)
				}
				if n < 3 {
					e.DueAt, e.Tags, e.UpdatedAt = time.Time{}, []string{"done"}, e.UpdatedAt.Add(time.Hour)
					if _, err := s.UpdateErrand(ctx, e); err != nil {
						t.Fatal(err)
					}
					if _, _, err := s.PutErrand(ctx, evidencetest.SampleErrand(n+100)); err != nil {
						t.Fatal(err)
					}
				}
			}
			other := evidencetest.SampleErrand(9)
			other.Kind = "other"
			if _, created, err := s.PutErrand(ctx, other); err != nil || !created {
				t.Errorf("of another kind: created %v, %v", created, err)
			}
			last, err := s.Errand(ctx, "sample", "e-0102")
			if err != nil {
				t.Fatal(err)
			}
			last.DueAt, last.UpdatedAt = time.Time{}, last.UpdatedAt.Add(2*time.Hour)
			if _, err := s.UpdateErrand(ctx, last); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Errand(ctx, "sample", "e-0000"); !errors.Is(err, aftercheck.ErrNotFound) {
				t.Errorf("the first that was finished: error %v, want that it made room", err)
			}
			counts, err := s.CountErrands(ctx, "sample", "open", "done")
			if err != nil || counts[0] != 3 || counts[1] != 2 {
				t.Errorf("counted %v, %v", counts, err)
			}
			if _, _, err := s.PutErrand(ctx, evidencetest.SampleErrand(4)); err != nil {
				t.Errorf("once one is finished: %v", err)
			}
		})
	}
}

// TestRedisErrandKeys sees where errands are, that they expire by themselves, and
// that nothing is left of what was removed or swept.
func TestRedisErrandKeys(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t)})
	ctx := t.Context()
	if err := everyErrandCall(ctx, s); err != nil {
		t.Fatal(err)
	}
	if keys := keysOf(t, s); len(keys) != 0 {
		t.Errorf("after it was removed there is still %v", keys)
	}
	stays, goes := evidencetest.SampleErrand(1), evidencetest.SampleErrand(2)
	goes.ExpiresAt = time.Now().Add(100 * time.Millisecond)
	for _, e := range []aftercheck.Errand{goes, stays} {
		if _, _, err := s.PutErrand(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	left := time.Until(stays.ExpiresAt)
	keys := keysOf(t, s)
	if len(keys) != 4 {
		t.Errorf("keys %v, want four while none is finished", keys)
	}
	for _, key := range keys {
		ttl := s.Client().PTTL(ctx, key).Val()
		if !strings.HasPrefix(key, "aftercheck:{errands:sample}:") || ttl < left-time.Minute || ttl > left+time.Minute {
			t.Errorf("%s lives %s, want about %s", key, ttl, left)
		}
	}
	testbed.Eventually(t, 20*time.Second, func() error {
		if err := s.Sweep(ctx); err != nil {
			return err
		}
		for _, key := range []string{"expires", "due"} {
			if n := s.Client().ZCard(ctx, "aftercheck:{errands:sample}:"+key).Val(); n != 1 {
				return fmt.Errorf("%s holds %d, want what has not expired", key, n)
			}
		}
		return nil
	})
}

// TestRedisErrandCost sees what it costs to ask whether one is due: a command.
func TestRedisErrandCost(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t)})
	if _, err := s.NextErrand(t.Context(), "sample"); err != nil { // connects
		t.Fatal(err)
	}
	before, _ := commands(t, s)
	for range 10 {
		if _, err := s.NextErrand(t.Context(), "sample"); err != nil {
			t.Fatal(err)
		}
	}
	after, _ := commands(t, s)
	if total, each := since(before, after); total != 10 {
		t.Errorf("ten looks cost %v, want ten commands", each)
	}
}

// TestFileWithoutErrands opens a file that an earlier version laid out.
func TestFileWithoutErrands(t *testing.T) {
	path := filled(t)
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		return errors.Join(tx.DeleteBucket([]byte("errands")), tx.DeleteBucket([]byte("errand index")))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	s := openFile(t, path, evidence.FileOptions{})
	if err := everyErrandCall(t.Context(), s); err != nil {
		t.Error(err)
	}
	if _, err := s.Verification(t.Context(), evidencetest.Sample(1).ID); err != nil {
		t.Errorf("what was in it: %v", err)
	}
}

// TestFileSweepsErrands removes what has expired, also of kinds that nobody asks
// for any more.
func TestFileSweepsErrands(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "evidence.db"), evidence.FileOptions{})
	for _, kind := range []string{"one", "one_more", "two"} {
		for n := range 3 {
			e := evidencetest.SampleErrand(n)
			e.Kind, e.ExpiresAt = kind, time.Now().Add(50*time.Millisecond)
			if _, _, err := s.PutErrand(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	testbed.Eventually(t, 20*time.Second, func() error {
		if err := s.Sweep(t.Context()); err != nil {
			return err
		}
		if keys := s.Keys(); keys["errands"] != 0 || keys["errand index"] != 0 {
			return fmt.Errorf("left are %v", keys)
		}
		return nil
	})
}
