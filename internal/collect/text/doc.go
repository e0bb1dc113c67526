// Package text reads the answers of tools that return words: the tables of
// kubectl, docker and systemctl, JSON of any shape, log lines and English
// sentences. It turns them into findings, which package assess judges.
//
// An answer is cut into tokens, and a token counts as a state only where a
// state can stand: in a state's column, behind a state's key, after a name in
// a row, in a sentence about something. So a name is no state, a key is no
// state, "not ready" is not "ready", and what was is not what is. A text in
// which nothing stands where a state can stand gives no finding.
//
// The package is pure: no I/O, no clock, no state.
package text
