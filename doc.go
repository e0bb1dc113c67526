// Package aftercheck holds the nouns of a verification: what was broken
// (Incident), what was done about it (Action), what the sensors saw before and
// after (Reading, Finding, Snapshot, Round), and what was judged (Verdict,
// Assessment, Verification).
//
// Their JSON is the API's, the store's and the exported evidence's at once, so
// a field's name here is a promise to all three. The package imports the
// standard library alone and does no I/O.
package aftercheck
