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

# The image that `make image` builds, by which docker, and with which more of its
# arguments, such as --platform=linux/arm64 or --build-arg=BASE=distroless.
IMAGE ?= aftercheck:$(VERSION)
DOCKER ?= docker
IMAGE_ARGS ?=
# Where `make build` writes.
BIN ?= bin/aftercheck
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

# Where `make capture` writes.
CAPTURED := $(CURDIR)/internal/assess/testdata/corpus/captured

.PHONY: help
help: ## show this help
	@echo "Aftercheck. The targets:"
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: build
build: ## build bin/aftercheck
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/sidecar

.PHONY: image
image: ## build the container image with BuildKit; IMAGE=name:tag
	DOCKER_BUILDKIT=1 $(DOCKER) build --build-arg=VERSION='$(VERSION)' --build-arg=REVISION=$(REVISION) --build-arg=BRANCH='$(BRANCH)' \
		--build-arg=BUILT=$(BUILT) --build-arg=SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(IMAGE_ARGS) -t $(IMAGE) .

.PHONY: image-root
image-root: build ## make the image's files outside of it, for IMAGE_ARGS=--build-arg=ROOT=prebuilt
	scripts/image-root.sh $(BIN) bin/image/$$(go env GOARCH)

.PHONY: image-test
image-test: ## build and run the image, and test the Docker sensor, on an engine that the tests start; wants root
	scripts/install-deps.sh docker
	go test -race -tags docker -count=1 -timeout 15m ./image ./internal/collect/docker

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

.PHONY: chart-tools
chart-tools:
	@scripts/build-tool.sh kubeconform github.com/yannh/kubeconform/cmd/kubeconform >/dev/null
	@scripts/build-tool.sh helm helm.sh/helm/v4/cmd/helm >/dev/null

.PHONY: chart
chart: chart-tools ## lint, render and check the Helm chart
	go test -count=1 ./charts

.PHONY: test
test: deps lint vulncheck dashboards-check chart-tools ## run the linters and all tests but e2e, with the race detector
	go test -race -timeout 25m ./...
	go test -run "TestRecorded|TestServices|TestSensorAndFiles" ./cmd/sidecar

.PHONY: dashboards-check
dashboards-check: deps ## hold the dashboards to Grafana's own type of a dashboard
	scripts/check-dashboards.sh

.PHONY: control-plane
control-plane: ## build the Kubernetes control plane for e2e; 10 minutes the first time
	scripts/build-control-plane.sh

.PHONY: e2e
e2e: deps control-plane ## run the end-to-end tests on a real Kubernetes control plane
	go test -race -tags e2e -count=1 -timeout 20m ./e2e/...

.PHONY: e2e-alerts
e2e-alerts: deps ## follow bad repairs through real Prometheus and Alertmanager to Telegram and the reviewer
	go test -race -tags e2ealerts -count=1 -timeout 10m ./e2e/alerts

.PHONY: chaos
chaos: deps ## kill, cut off and starve real sidecars and stores, and look for lost verdicts; CHAOS=regexp, SEED=n
	go test -tags chaos -count=1 -timeout 20m -parallel 4 -v ./chaos -run '$(CHAOS)' -long -seed=$(SEED)

.PHONY: chaos-short
chaos-short: deps ## the same in under two minutes
	go test -tags chaos -count=1 -timeout 10m -parallel 4 -v ./chaos -run '$(CHAOS_SHORT)' -seed=$(SEED)

.PHONY: store-versions
store-versions: ## run the store's tests on Valkey 8.1 and Redis 6.0 too, out of Debian's other releases
	scripts/test-store-versions.sh

GORELEASER = $$(scripts/build-tool.sh goreleaser github.com/goreleaser/goreleaser/v2)

.PHONY: release-check
release-check: ## check .goreleaser.yaml
	$(GORELEASER) check

.PHONY: release-snapshot
release-snapshot: ## make a release's archives, checksums and bills of materials below dist, and publish nothing
	@sbom=$$(scripts/build-tool.sh cyclonedx-gomod github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod); \
	mkdir -p bin/tools; ln -sf "$$sbom" bin/tools/cyclonedx-gomod
	PATH=$(CURDIR)/bin/tools:$$PATH $(GORELEASER) release --snapshot --clean --skip=docker

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

.PHONY: screenshots
screenshots: deps ## take the pictures of docs/evidence-pages.md and docs/dashboards.md again
	go test -count=1 -run '^TestScreenshots$$' ./internal/pages -screenshots $(CURDIR)/docs/images
	go test -count=1 -run '^TestLive$$/^pictures$$' ./internal/dashboards -screenshots $(CURDIR)/docs/images

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
