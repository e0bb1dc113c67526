package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCallerTrustsTheAuthorityThatIsNamed(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	authority, empty := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "empty")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, content := range map[string][]byte{authority: block, empty: nil} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, example := range []struct {
		caFile, dialed, answered string // what the errors say
	}{
		{authority, "", ""},
		{"", "", "certificate"},
		{empty, "no certificate in PEM form", ""},
		{filepath.Join(dir, "absent"), "reading the authority", ""},
	} {
		c, err := (&caller{address: server.URL, caFile: example.caFile}).dial()
		if !says(err, example.dialed) {
			t.Errorf("dialed: %v, want %q", err, example.dialed)
		}
		if err == nil && !says(c.Ready(t.Context()), example.answered) {
			t.Errorf("answered: %v, want %q", c.Ready(t.Context()), example.answered)
		}
	}
}

// says reports whether the error holds a text; no error is an empty one.
func says(err error, text string) bool {
	if err == nil || text == "" {
		return err == nil && text == ""
	}
	return strings.Contains(err.Error(), text)
}
