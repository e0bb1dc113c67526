package evidence

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"

	bolt "go.etcd.io/bbolt"
)

// TestCommitGroupsWhatComesTogether holds one transaction open while more
// writes come: they share the next one.
func TestCommitGroupsWhatComesTogether(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := OpenFile(filepath.Join(dir, "evidence.db"), FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		hold, transactions := make(chan struct{}), make(chan int, 200)
		results := make(chan error, 200)
		write := func(ctx context.Context, wait bool) {
			results <- s.writes.commit(ctx, func(tx *bolt.Tx) error {
				if wait {
					<-hold
				}
				transactions <- tx.ID()
				return nil
			})
		}
		go write(t.Context(), true)
		synctest.Wait()
		for range 100 {
			go write(t.Context(), false)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go write(ctx, false)
		synctest.Wait()
		cancel() // its transaction has not begun: it must not be stored
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Fatalf("the write that was given up: %v", err)
		}
		close(hold)
		synctest.Wait()
		seen := map[int]int{}
		for range 101 {
			if err := <-results; err != nil {
				t.Fatal(err)
			}
			seen[<-transactions]++
		}
		if len(seen) != 2 || len(transactions) != 0 {
			t.Errorf("writes by transaction %v and %d more, want one alone and 100 together", seen, len(transactions))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestCommitLeavesWhoCannotWait has a caller give up while its transaction
// hangs, as on a stuck disk.
func TestCommitLeavesWhoCannotWait(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := OpenFile(filepath.Join(dir, "evidence.db"), FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		hold, result := make(chan struct{}), make(chan error)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			result <- s.writes.commit(ctx, func(*bolt.Tx) error {
				<-hold
				return nil
			})
		}()
		synctest.Wait()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
		close(hold)
		if err := s.Close(); err != nil { // waits for the transaction
			t.Error(err)
		}
	})
}

// TestCommitUndoesTheGroupOfAFailure lets one write of a group fail as the disk
// would: none of them is said to be stored, and none is.
func TestCommitUndoesTheGroupOfAFailure(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := OpenFile(filepath.Join(dir, "evidence.db"), FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		hold, results := make(chan struct{}), make(chan error, 9)
		broken := errors.New("disk full")
		go func() {
			_ = s.writes.commit(t.Context(), func(*bolt.Tx) error { <-hold; return nil })
		}()
		synctest.Wait()
		for n := range 9 {
			go func() {
				results <- s.writes.commit(t.Context(), func(tx *bolt.Tx) error {
					if n == 4 {
						return broken
					}
					return tx.Bucket(bucketAbout).Put([]byte(fmt.Sprint(n)), nil)
				})
			}()
		}
		synctest.Wait()
		close(hold)
		for range 9 {
			if err := <-results; !errors.Is(err, broken) {
				t.Errorf("error %v, want the group's", err)
			}
		}
		if got := s.Keys()[string(bucketAbout)]; got != 1 {
			t.Errorf("%d keys, want the layout alone", got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
