// Package docker is the sensor for containers of a Docker engine, or of Podman's
// socket that speaks its language. One sensor reads one host.
//
// It sends GET requests alone, and only to /containers/json,
// /containers/ID/json and /events, so that a proxy which lets nothing else
// through is enough. Of what the engine answers it decodes what it judges:
// environment, command line and mounts, where secrets stand, are never taken in.
package docker
