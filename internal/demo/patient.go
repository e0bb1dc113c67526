package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// window is how many of the newest orders the error ratio covers.
const window = 20

// orderEvery is the time between two orders of the patient's own customers.
const orderEvery = 20 * time.Millisecond

// customer is how orders are made; an order that hangs has failed.
var customer = &http.Client{Timeout: time.Second}

// patient is a service with a health endpoint, a metrics page, and customers
// who order all the time. While it is ill, orders fail, so /healthz and the
// error ratio on /metrics tell of it by themselves.
type patient struct {
	name    string
	address string
	server  *http.Server
	stop    context.CancelFunc
	done    chan struct{}

	mu     sync.Mutex
	ill    bool
	orders [window]bool // failed or not, by turns
	next   int
}

// admit starts a healthy patient on a free loopback port.
func admit(name string) (*patient, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	p := &patient{name: name, address: listener.Addr().String(), stop: stop, done: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /order", p.order)
	mux.HandleFunc("GET /healthz", p.health)
	mux.HandleFunc("GET /metrics", p.metrics)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = p.server.Serve(listener) }()
	go p.customers(ctx)
	return p, nil
}

func (p *patient) setIll(ill bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ill = ill
}

func (p *patient) isIll() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ill
}

// discharge stops the patient: its port is closed. It may be called twice.
func (p *patient) discharge() {
	p.stop()
	<-p.done
	_ = p.server.Close()
}

func (p *patient) order(w http.ResponseWriter, _ *http.Request) {
	if p.isIll() {
		http.Error(w, "the kitchen is on fire", http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "served")
}

func (p *patient) health(w http.ResponseWriter, _ *http.Request) {
	if p.isIll() {
		http.Error(w, "unwell", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "well")
}

func (p *patient) metrics(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	failed := 0
	for _, order := range p.orders {
		if order {
			failed++
		}
	}
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprintf(w, "# HELP shop_order_error_ratio Failed among the newest %d orders.\n# TYPE shop_order_error_ratio gauge\nshop_order_error_ratio %g\n",
		window, float64(failed)/window)
}

// customers order until the patient is discharged.
func (p *patient) customers(ctx context.Context) {
	defer close(p.done)
	tick := time.NewTicker(orderEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			failed := p.orderOnce(ctx)
			p.mu.Lock()
			p.orders[p.next] = failed
			p.next = (p.next + 1) % window
			p.mu.Unlock()
		}
	}
}

func (p *patient) orderOnce(ctx context.Context) (failed bool) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/order", http.NoBody)
	if err != nil {
		return true
	}
	response, err := customer.Do(request)
	if err != nil {
		return !errors.Is(err, context.Canceled)
	}
	defer response.Body.Close()
	return response.StatusCode != http.StatusOK
}
