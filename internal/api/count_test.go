package api

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// TestRefusalsAreCounted answers with each status that the API gives, and some that
// it does not: the reasons are a closed set, and every one of them is told.
func TestRefusalsAreCounted(t *testing.T) {
	counted := map[string]int{}
	status := 0
	handler := CountRefusals(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if status > 0 {
			w.WriteHeader(status)
		}
	}), func(reason string) { counted[reason]++ })
	call := func(path string, answered ...int) {
		for _, status = range answered {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, http.NoBody))
		}
	}
	call("/v1/verifications", 0, 200, 201, 202, 404, 400, 401, 403, 405, 408, 409, 413, 415, 422, 429, 500, 503)
	call(ready().Path, 503)
	want := map[string]int{
		refusedInvalid: 6, refusedUnauthorized: 1, refusedForbidden: 1, refusedTooLarge: 1, refusedTooMany: 1, refusedUnavailable: 2,
	}
	if !maps.Equal(counted, want) {
		t.Errorf("counted %v, want %v", counted, want)
	}
	if got := slices.Sorted(maps.Keys(counted)); !slices.Equal(got, slices.Sorted(slices.Values(Refusals()))) {
		t.Errorf("told are %v, declared %v", got, Refusals())
	}
}
