// Package image tests the container image: what the Dockerfile makes is built
// and run on a real Docker engine, behind the build tag docker (`make
// image-test`).
package image
