// Package verify is the life of a verification: capture, accept, wait,
// observe, judge, seal, tell.
//
// A verification is accepted once it is stored. From then on its times are
// absolute: the first round at the end of the warm-up, the next ones at fixed
// intervals, the verdict at the deadline at the latest, or as soon as the judge
// is sure. What waits is an entry in a queue, not a goroutine; what is due is
// taken up by a bounded number of workers, who load it from the store, take
// one step and put it back.
//
// The store's compare-and-swap makes the verdict one: whoever seals tells, and
// telling comes after the stored seal. A sidecar that starts goes on with
// everything that the store has it lead, and adopts what others leave. What
// another one leads it lets go, whatever it was about to write.
package verify
