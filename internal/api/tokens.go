package api

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// Token is a bearer token and its name, which stands in the evidence in its
// place.
type Token struct {
	Name string
	Text string
}

// Tokens returns the tokens that are valid now.
type Tokens func() ([]Token, error)

// The bounds of a token file.
const (
	maxTokenFile = 64 << 10 // bytes
	maxTokens    = 100
)

// tokenName keeps names fit for logs.
var tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// TokenFile returns the tokens in the file, which is read anew each time, so
// that they can be rotated: the old and the new one stand in it together for a
// while. Each line holds a token, or its name, white space and the token; one
// without a name is called token-1, token-2 and so on by its line. Empty lines
// and lines that begin with # do not count. It fails at once, and later each
// time, if there is no token in the file.
func TokenFile(path string) (Tokens, error) {
	read := func() ([]Token, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("reading the token file: %w", err)
		}
		defer file.Close()
		content, err := io.ReadAll(io.LimitReader(file, maxTokenFile+1))
		if err != nil {
			return nil, fmt.Errorf("reading the token file: %w", err)
		}
		tokens, err := parseTokens(content)
		if err != nil {
			return nil, fmt.Errorf("reading the token file: %w", err)
		}
		return tokens, nil
	}
	_, err := read()
	return read, err
}

// parseTokens reads the lines of a token file. Its errors never hold a token.
func parseTokens(content []byte) ([]Token, error) {
	if len(content) > maxTokenFile {
		return nil, fmt.Errorf("want at most %d bytes", maxTokenFile)
	}
	var tokens []Token
	for i, line := range bytes.Split(content, []byte("\n")) {
		words := strings.Fields(string(line))
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		token := Token{Name: fmt.Sprintf("token-%d", i+1), Text: words[len(words)-1]}
		if len(words) == 2 && tokenName.MatchString(words[0]) {
			token.Name = words[0]
		} else if len(words) > 1 {
			return nil, fmt.Errorf("line %d: want a token, or a name of letters, digits and . _ - and a token", i+1)
		}
		tokens = append(tokens, token)
	}
	switch {
	case len(tokens) == 0:
		return nil, errors.New("want a token in it; it is empty")
	case len(tokens) > maxTokens:
		return nil, fmt.Errorf("want at most %d tokens", maxTokens)
	}
	return tokens, nil
}

// match returns the name of the token that was brought, and whether it is one.
// It compares hashes with every token, so that neither content nor length nor
// place of a token shows in the time that it takes.
func match(tokens []Token, brought string) (name string, ok bool) {
	got := sha256.Sum256([]byte(brought))
	for _, token := range tokens {
		want := sha256.Sum256([]byte(token.Text))
		if subtle.ConstantTimeCompare(want[:], got[:]) == 1 {
			name, ok = token.Name, true
		}
	}
	return name, ok
}
