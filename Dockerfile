# Builds the sidecar's image: one static binary, certificates, a user and no
# shell. `make image` passes the arguments; it needs BuildKit.
#
# BUILDER compiles. BASE is what the image stands on: it brings all that it needs,
# so that nothing will do. ROOT is the stage with the image's files: compiled here,
# or prebuilt by `make image-root`, from the same script.
ARG BUILDER=golang:1.26.8-bookworm
ARG BASE=scratch
ARG ROOT=compiled

FROM --platform=${BUILDPLATFORM:-linux/amd64} ${BUILDER} AS compiled
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH TARGETVARIANT
ARG VERSION=unknown REVISION=unknown BRANCH=unknown BUILT=unknown SOURCE_DATE_EPOCH=0
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOOS=${TARGETOS} GOARCH=${TARGETARCH} GOARM=${TARGETVARIANT#v} make build \
        VERSION="${VERSION}" REVISION="${REVISION}" BRANCH="${BRANCH}" BUILT="${BUILT}" \
    && scripts/image-root.sh bin/aftercheck /image

FROM scratch AS prebuilt
ARG TARGETARCH
COPY bin/image/${TARGETARCH} /image

FROM ${ROOT} AS root

FROM ${BASE}
COPY --from=root /image/root/ /
# The executor comes in by the socket's directory, the evidence stays in the other.
COPY --from=root --chown=65532:65532 /image/empty/ /run/aftercheck/
COPY --from=root --chown=65532:65532 /image/empty/ /var/lib/aftercheck/

ARG VERSION=unknown REVISION=unknown BUILT=unknown
LABEL org.opencontainers.image.title="Aftercheck" \
      org.opencontainers.image.description="Did the fix work? A sidecar that judges automated repairs with evidence." \
      org.opencontainers.image.source="https://github.com/aftercheck/aftercheck" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${BUILT}"
USER 65532:65532
WORKDIR /
VOLUME ["/run/aftercheck", "/var/lib/aftercheck"]
EXPOSE 19746
# Alive, not ready: a store that is away is no reason to start the sidecar again.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/bin/aftercheck", "healthcheck", "--healthy"]
ENTRYPOINT ["/usr/bin/aftercheck"]
CMD ["serve"]
