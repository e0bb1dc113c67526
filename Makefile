.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
REVISION := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
BRANCH := $(shell git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
# The commit's time, not the build's, so that the same commit gives the same binary.
BUILT := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)

STAMP := github.com/prometheus/common/version
LDFLAGS := -s -w -X $(STAMP).Version=$(VERSION) -X $(STAMP).Revision=$(REVISION) \
	-X $(STAMP).Branch=$(BRANCH) -X $(STAMP).BuildDate=$(BUILT)

# How long each fuzz test runs in `make fuzz`, and what `make bench` runs.
FUZZTIME ?= 10s
BENCH ?= .
# Which scenarios `make chaos` runs, and the seed of what is random in them; 0
# takes one from the clock. The short form is for every change: it leaves out what a
# busy machine cannot make certain, such as which replica a failover promotes.
CHAOS ?= .
CHAOS_SHORT ?= TestThe|TestSensorsGone|TestStopUnderLoad|TestChaos/^(kills|file-kills|partition|latency-500ms|answers-too-late|cut-connections|cut-midway|read-only|out-of-memory|cluster-node-dies|disk-full|redis-gone|paused|never-returns)$$
SEED ?= 0

# The version of golang.org/x/vulndb whose reports `make vulncheck` goes by; the
# same today and tomorrow, so that nothing turns red by itself. VULNDB=latest asks
# for the newest.
VULNDB ?= v0.0.0-20261105234957-e22db6528018

# Where `make capture` writes.
CAPTURED := $(CURDIR)/internal/assess/testdata/corpus/captured

.PHONY: help
help: ## show this help
	@echo "Aftercheck. The targets:"
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: build
build: ## build bin/aftercheck
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/aftercheck ./cmd/sidecar

.PHONY: demo
demo: build ## break a real service five ways and see each repair judged; DEMO=--keep stays
	bin/aftercheck demo $(DEMO)

.PHONY: deps
deps: ## install the servers that the tests start (Debian packages), if missing
	scripts/install-deps.sh

.PHONY: lint
lint: ## run the linters
	@linter=$$(scripts/build-tool.sh golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint); \
	"$$linter" run ./...
	@scripts/check-sleeps.sh

.PHONY: test
test: deps lint vulncheck ## run the linters and all tests but e2e, with the race detector
	go test -race ./...

.PHONY: control-plane
control-plane: ## build the Kubernetes control plane for e2e; 10 minutes the first time
	scripts/build-control-plane.sh

.PHONY: e2e
e2e: deps control-plane ## run the end-to-end tests on a real Kubernetes control plane
	go test -race -tags e2e -count=1 -timeout 20m ./e2e/...

.PHONY: chaos
chaos: deps ## kill, cut off and starve real sidecars and stores, and look for lost verdicts; CHAOS=regexp, SEED=n
	go test -tags chaos -count=1 -timeout 20m -parallel 4 -v ./chaos -run '$(CHAOS)' -long -seed=$(SEED)

.PHONY: chaos-short
chaos-short: deps ## the same in under two minutes
	go test -tags chaos -count=1 -timeout 10m -parallel 4 -v ./chaos -run '$(CHAOS_SHORT)' -seed=$(SEED)

.PHONY: store-versions
store-versions: ## run the store's tests on Valkey 8.1 and Redis 6.0 too, out of Debian's other releases
	scripts/test-store-versions.sh

.PHONY: bench
bench: deps ## run the benchmarks; BENCH=regexp chooses
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

.PHONY: accuracy
accuracy: ## measure the judge on its corpus, beside the word scan that it replaces
	go test -count=1 -v -run '^TestAccuracy$$' ./internal/assess

.PHONY: capture
capture: deps control-plane ## drive the captured scenarios of the corpus on the control plane and write them again
	rm -f $(CAPTURED)/*.yaml
	go test -tags e2e -count=1 -timeout 20m -parallel 10 -run '^TestCapture$$' ./e2e -capture $(CAPTURED)

.PHONY: fuzz
fuzz: ## run each fuzz test for a while; FUZZTIME=10s
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: vulncheck
vulncheck: ## look for known vulnerabilities in what is called; VULNDB=latest for the newest reports
	VULNDB=$(VULNDB) scripts/vulncheck.sh

.PHONY: generate
generate: ## write again what is generated and checked in, such as docs/openapi.yaml
	go generate ./...

.PHONY: clean
clean: ## remove what was built, the cached tools too
	rm -rf bin .cache
