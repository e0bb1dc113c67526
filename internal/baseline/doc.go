// Package baseline tells from numbers alone whether a metric got better or
// worse, and what is normal for it at an hour.
//
// Compare holds two short windows of samples against each other: a rank test, a
// robust effect size and floors must agree before anything is called a change.
// Fit learns a metric's own history: Holt-Winters with an additive season where
// the history carries it, else a median for each phase of the season, else one
// median; the reason says why. A Model then gives a band for a time, and judges
// a number against it.
//
// Everything is pure: no clock, no chance, and the same samples in any order
// give the same answer. What cannot be told is unknown, with a reason. NaN and
// the infinities never pass.
package baseline

import "math"

// Direction says in which direction a metric improves.
type Direction string

// The directions. DirectionNone is the zero Direction: none is known.
const (
	DirectionNone   Direction = ""
	DirectionLower  Direction = "lower"
	DirectionHigher Direction = "higher"
)

// Reason names why an outcome or a model is as it is.
type Reason string

// largest is the largest magnitude that is taken for a measurement: its square
// is still a finite number. What is beyond counts as not finite.
const largest = 1e150

func usable(value float64) bool { return math.Abs(value) <= largest }
