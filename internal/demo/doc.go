// Package demo is a small world to judge repairs in: a patient service and its
// neighbour on loopback that really fall ill, a real sidecar that watches them
// by HTTP, and an executor that repairs the patient well and badly.
package demo
