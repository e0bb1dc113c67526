package collect

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// Better says in which direction a number improves.
type Better string

// The directions. BetterNone is the zero Better: no direction is known.
const (
	BetterNone   Better = ""
	BetterLower  Better = "lower"
	BetterHigher Better = "higher"
)

// Criterion is how a number is read: what is healthy, and which direction is
// better. The zero Criterion judges nothing, so its numbers are for people.
type Criterion struct {
	better    Better
	operator  string // <, <=, >, >=, ==, !=, .., or empty without a threshold
	low, high float64
}

// operators are tried in this order, the longer before its own prefix. Each
// says in which direction a number improves that is held against it.
var operators = []struct {
	text   string
	better Better
}{
	{"<=", BetterLower},
	{">=", BetterHigher},
	{"==", BetterNone},
	{"!=", BetterNone},
	{"<", BetterLower},
	{">", BetterHigher},
}

// ParseCriterion reads a criterion. Better is lower, higher or empty; healthy is
// a threshold such as "< 0.05", ">= 1", "== 0", "!= 2", a range "0..0.5" with
// both ends in it, or empty: then numbers are compared with those before the
// action and not judged by themselves. An empty better follows from healthy
// where that is < <= > or >=.
//
// Errors name what would be right: an unknown direction, a threshold that is no
// finite number, or a direction that the threshold contradicts.
func ParseCriterion(better, healthy string) (Criterion, error) {
	c := Criterion{better: Better(better)}
	switch c.better {
	case BetterNone, BetterLower, BetterHigher:
	default:
		return Criterion{}, fmt.Errorf("better: want lower or higher")
	}
	healthy = strings.TrimSpace(healthy)
	if healthy == "" {
		return c, nil
	}
	if low, high, found := strings.Cut(healthy, ".."); found {
		return c.withRange(low, high)
	}
	for _, operator := range operators {
		if number, found := strings.CutPrefix(healthy, operator.text); found {
			return c.withThreshold(operator.text, operator.better, number)
		}
	}
	return Criterion{}, errHealthy()
}

func errHealthy() error {
	return fmt.Errorf("healthy: want one of < <= > >= == != and a finite number, such as < 0.05, or a range such as 0..0.5")
}

func (c Criterion) withRange(low, high string) (Criterion, error) {
	var lowOK, highOK bool
	c.operator = ".."
	c.low, lowOK = finite(low)
	c.high, highOK = finite(high)
	if !lowOK || !highOK {
		return Criterion{}, errHealthy()
	}
	if c.low > c.high {
		return Criterion{}, fmt.Errorf("healthy: want a range whose lower end comes first")
	}
	return c, nil
}

func (c Criterion) withThreshold(operator string, better Better, number string) (Criterion, error) {
	threshold, ok := finite(number)
	if !ok {
		return Criterion{}, errHealthy()
	}
	if c.better != BetterNone && better != BetterNone && c.better != better {
		return Criterion{}, fmt.Errorf("better: want %s, as healthy has %s", better, operator)
	}
	if c.better == BetterNone {
		c.better = better
	}
	c.operator, c.low, c.high = operator, threshold, threshold
	return c, nil
}

func finite(text string) (float64, bool) {
	number, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return number, err == nil && !math.IsNaN(number) && !math.IsInf(number, 0)
}

// Better returns the direction in which numbers improve, or BetterNone.
func (c Criterion) Better() Better { return c.better }

// Wanted returns what would be healthy, in the form of Finding.Wanted: a
// threshold such as "< 0.05", a range such as "0..0.5", "lower" or "higher"
// where there is no threshold, or nothing for the zero Criterion.
func (c Criterion) Wanted() string {
	switch c.operator {
	case "":
		return string(c.better)
	case "..":
		return formatNumber(c.low) + ".." + formatNumber(c.high)
	}
	return c.operator + " " + formatNumber(c.low)
}

func formatNumber(number float64) string { return strconv.FormatFloat(number, 'g', -1, 64) }

// Judge returns the state of a finding with this number, and Wanted. Without a
// threshold the state is empty: the number is compared only. NaN and the
// infinities are unknown, whatever the threshold.
func (c Criterion) Judge(number float64) (aftercheck.State, string) {
	switch {
	case math.IsNaN(number) || math.IsInf(number, 0):
		return aftercheck.StateUnknown, c.Wanted()
	case c.operator == "":
		return "", c.Wanted()
	case c.met(number):
		return aftercheck.StateHealthy, c.Wanted()
	}
	return aftercheck.StateUnhealthy, c.Wanted()
}

func (c Criterion) met(number float64) bool {
	switch c.operator {
	case "<":
		return number < c.low
	case "<=":
		return number <= c.low
	case ">":
		return number > c.low
	case ">=":
		return number >= c.low
	case "==":
		return number == c.low
	case "!=":
		return number != c.low
	default: // a range
		return c.low <= number && number <= c.high
	}
}
