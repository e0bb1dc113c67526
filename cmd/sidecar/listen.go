package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/config"
)

// listen binds every address.
func (s *sidecar) listen(settings config.Listen) (err error) {
	if s.options.tokenFile != "" {
		if s.tokens, err = api.TokenFile(s.options.tokenFile); err != nil {
			return err
		}
	}
	if s.options.apiAddress != "" {
		if s.tcp, err = s.listenTCP(settings.TCP); err != nil {
			return err
		}
		s.closing("API listener", s.tcp)
	}
	s.peers = api.Peers{UIDs: settings.Unix.AllowUIDs, GIDs: settings.Unix.AllowGIDs}
	if s.socket, err = api.ListenUnix(s.options.socket); err != nil {
		return err
	}
	s.closing("socket", s.socket)
	return nil
}

// listenWeb binds the addresses of /metrics and of the evidence pages, which says
// where links lead.
func (s *sidecar) listenWeb() (err error) {
	if s.options.webConfig != "" {
		if err := web.Validate(s.options.webConfig); err != nil {
			return fmt.Errorf("reading the web configuration: %w", err)
		}
	}
	for _, address := range s.options.webAddresses {
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
		if err != nil {
			return fmt.Errorf("listening for metrics: %w", err)
		}
		s.closing("metrics listener", l)
		s.web = append(s.web, l)
	}
	if s.externalURL, err = externalURL(s.options, s.web); err != nil {
		return err
	}
	return nil
}

// listenTCP binds the API's TCP address.
func (s *sidecar) listenTCP(settings config.ListenTCP) (_ net.Listener, err error) {
	o := api.TCP{Address: s.options.apiAddress, Tokens: s.tokens, WithoutToken: settings.WithoutToken}
	if settings.CertFile != "" {
		if o.TLS, err = api.TLSConfig(settings.CertFile, settings.KeyFile, s.log); err != nil {
			return nil, err
		}
	}
	return api.ListenTCP(o)
}

// closing has the listener closed at the end, if its server has not done so.
func (s *sidecar) closing(name string, l net.Listener) {
	s.teardown.add(name, func() error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
}

// serveWeb serves the landing page, /metrics and the evidence pages until the context ends. Each
// listener has a server of its own, since the toolkit changes it.
func (s *sidecar) serveWeb(ctx context.Context, l net.Listener) error {
	mux, err := s.webRoutes()
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, WriteTimeout: time.Minute}
	served := make(chan error, 1)
	go func() {
		served <- web.Serve(l, server, &web.FlagConfig{WebConfigFile: &s.options.webConfig}, slog.New(onlyWarnings{s.log.Handler()}))
	}()
	select {
	case err := <-served:
		return fmt.Errorf("serving metrics on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.grace)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		_ = server.Close() // what is left is cut
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving metrics on %s: %w", l.Addr(), err)
	}
	return nil
}

// onlyWarnings keeps the toolkit from saying again what the line at the start
// says.
type onlyWarnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h onlyWarnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}
