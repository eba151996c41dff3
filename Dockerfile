# undr-check, undr-manager and undr-worker of a release, and nothing else, for amd64 and arm64. Any build may stand in for
# a release: scripts/release --version trial
#
#   docker build --build-arg VERSION=0.1.0 -t undr-check .                         after scripts/release v0.1.0
#   docker run --rm --network host undr-check manager --connect 127.0.0.1:4000
#
# An adapter needs its own language: take the programs into its image, COPY --from=undr-check /usr/bin/undr-check /usr/bin/
ARG TARGETARCH

FROM scratch AS amd64
ARG VERSION
ADD build-release/${VERSION}/undr-task-${VERSION}-x86_64.tar.gz /release/

FROM scratch AS arm64
ARG VERSION
ADD build-release/${VERSION}/undr-task-${VERSION}-aarch64.tar.gz /release/

FROM ${TARGETARCH} AS release

FROM scratch
COPY --from=release /release/*/ /usr/
WORKDIR /tmp
ENTRYPOINT ["/usr/bin/undr-check"]
CMD ["--help"]
