package text

import (
	"strconv"
	"strings"
	"time"
)

// units are the units of time by which tools say ages.
var units = map[string]time.Duration{
	"s": time.Second, "second": time.Second, "seconds": time.Second, "sec": time.Second, "secs": time.Second,
	"m": time.Minute, "minute": time.Minute, "minutes": time.Minute, "min": time.Minute, "mins": time.Minute,
	"h": time.Hour, "hour": time.Hour, "hours": time.Hour, "hrs": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
	"month": 30 * 24 * time.Hour, "months": 30 * 24 * time.Hour,
	"y": 365 * 24 * time.Hour, "year": 365 * 24 * time.Hour, "years": 365 * 24 * time.Hour,
}

// isDuration reports whether a text begins with how long something took, in
// Docker's words: 5 seconds, About an hour, Less than a second.
func isDuration(text string) bool {
	_, ok := dockerAge(text)
	return ok
}

// dockerAge reads Docker's words for a duration, which it rounds down to one
// unit.
func dockerAge(text string) (time.Duration, bool) {
	words := strings.Fields(strings.ToLower(text[:min(len(text), maxState)]))
	switch {
	case len(words) >= 2 && words[0] == "less" && words[1] == "than":
		return 0, true
	case len(words) >= 3 && words[0] == "about":
		unit, ok := units[words[2]]
		return unit, ok
	case len(words) >= 2:
		n, err := strconv.Atoi(words[0])
		unit, ok := units[words[1]]
		return age(n, unit), err == nil && ok && n >= 0
	case len(words) == 1:
		return kubeAge(words[0])
	}
	return 0, false
}

// maxAge bounds an age; more is a number that happens to stand there.
const maxAge = 100 * 365 * 24 * time.Hour

func age(n int, unit time.Duration) time.Duration {
	if unit <= 0 || n < 0 || n > int(maxAge/unit) {
		return maxAge
	}
	return time.Duration(n) * unit
}

// kubeAge reads kubectl's 5s, 2m30s, 3d4h, 1y20d.
func kubeAge(text string) (time.Duration, bool) {
	if text == "" || len(text) > 16 {
		return 0, false
	}
	total, number, digits := time.Duration(0), 0, 0
	for i := range len(text) {
		c := text[i]
		if c >= '0' && c <= '9' {
			number, digits = number*10+int(c-'0'), digits+1
			continue
		}
		unit, ok := units[text[i:i+1]]
		if !ok || digits == 0 || digits > 6 {
			return 0, false
		}
		total, number, digits = total+age(number, unit), 0, 0
	}
	return total, digits == 0 && total <= maxAge
}
