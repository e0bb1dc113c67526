package probe

import (
	"testing"
	"time"
)

func FuzzParsePage(f *testing.F) {
	for _, page := range []string{
		"", "a 1\n", "a{b=\"c\"} NaN 5\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n", "# TYPE s summary\ns{quantile=\"0.5\"} 1\n",
		"# EOF\n", "a{", "<html>", "{\"quoted name\", a=\"b\"} 1\n", "# TYPE a counter\na 1 -9223372036854775808\n",
	} {
		f.Add(page)
	}
	at := time.Unix(1, 0)
	f.Fuzz(func(t *testing.T, page string) {
		samples, err := parsePage(page, at)
		if err != nil && samples != nil {
			t.Error("samples of a page that is none")
		}
		s := &scraper{}
		if n := s.reduce(samples, at, at); n.value == nil && n.reason == "" {
			t.Errorf("%+v: neither a value nor a reason", n)
		}
	})
}
