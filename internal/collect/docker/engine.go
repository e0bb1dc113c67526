package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bounds of what is read of one answer.
const (
	maxAnswer = 16 << 20 // bytes of a list of containers
	maxOne    = 1 << 20  // bytes of one container, or of all events together
	maxEvents = 1000
	maxError  = 512 // bytes of what the engine says of its refusal
)

// eventWindow is how far back events are read. The engine itself keeps the
// newest 256.
const eventWindow = 15 * time.Minute

// engine asks one engine.
type engine struct {
	client *http.Client
	base   string
}

// refusal is an answer with a status of 400 or more.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("the engine answered %d %s: %s", r.status, http.StatusText(r.status), r.message)
}

// get asks for a path and hands at most limit bytes of the body to read. It
// returns the engine's own time.
func (e *engine) get(ctx context.Context, path string, query url.Values, limit int64, read func(io.Reader) error) (time.Time, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.base+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return time.Time{}, fmt.Errorf("making request: %w", err)
	}
	request.Header.Set("User-Agent", "aftercheck")
	response, err := e.client.Do(request)
	if err != nil {
		return time.Time{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, maxError)) // what there is of it
		return time.Time{}, &refusal{response.StatusCode, message(said)}
	}
	bounded := &io.LimitedReader{R: response.Body, N: limit}
	if err := read(bounded); err != nil {
		if bounded.N <= 0 {
			return time.Time{}, fmt.Errorf("want an answer of at most %d bytes", limit)
		}
		return time.Time{}, fmt.Errorf("reading the answer: %w", err)
	}
	now, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return now.UTC(), nil
}

// message is what the engine says of a refusal, as JSON or not.
func message(said []byte) string {
	var parsed struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(said, &parsed) == nil && parsed.Message != "" {
		return parsed.Message
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(said), "�"))
}

func decodeInto(into any) func(io.Reader) error {
	return func(r io.Reader) error { return json.NewDecoder(r).Decode(into) }
}

// list returns all containers, stopped ones too, and the engine's time.
func (e *engine) list(ctx context.Context) ([]listed, time.Time, error) {
	var all []listed
	now, err := e.get(ctx, "/containers/json", url.Values{"all": {"1"}}, maxAnswer, decodeInto(&all))
	if err != nil {
		return nil, now, fmt.Errorf("listing containers: %w", err)
	}
	return all, now, nil
}

// inspect returns one container; false if it is gone meanwhile.
func (e *engine) inspect(ctx context.Context, id string) (container, bool, error) {
	var c container
	_, err := e.get(ctx, "/containers/"+url.PathEscape(id)+"/json", nil, maxOne, decodeInto(&c))
	refused := (*refusal)(nil)
	if errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return container{}, false, nil
	}
	if err != nil {
		return container{}, false, fmt.Errorf("inspecting container %.12s: %w", id, err)
	}
	return c, true, nil
}

// events returns what happened to containers of these names in the window before
// now, which is the engine's time: an end in its future would make it wait.
func (e *engine) events(ctx context.Context, names []string, now time.Time) ([]event, error) {
	filters, err := json.Marshal(map[string][]string{
		"type": {"container"}, "container": names,
		"event": {"start", "die", "oom", "kill", "stop", "health_status"},
	})
	if err != nil {
		return nil, fmt.Errorf("writing filters: %w", err)
	}
	query := url.Values{
		"since":   {strconv.FormatInt(now.Add(-eventWindow).Unix(), 10)},
		"until":   {strconv.FormatInt(now.Unix(), 10)},
		"filters": {string(filters)},
	}
	var all []event
	_, err = e.get(ctx, "/events", query, maxOne, func(r io.Reader) error {
		decoder := json.NewDecoder(r)
		for {
			var one event
			err := decoder.Decode(&one)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if all = append(all, one); len(all) > maxEvents {
				return fmt.Errorf("want at most %d events", maxEvents)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	slices.SortStableFunc(all, func(a, b event) int { return a.at().Compare(b.at()) })
	return all, nil
}
