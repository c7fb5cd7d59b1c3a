# Fairway as a custom Caddy build: one static binary, run by a user without
# rights. Build it from a checkout:
#
#   docker build -f xcaddy.Dockerfile -t fairway .
#
# WITH adds more modules, as xcaddy takes them:
#
#   docker build -f xcaddy.Dockerfile --build-arg WITH="--with github.com/caddy-dns/cloudflare" .

ARG GO_VERSION=1.26

FROM golang:${GO_VERSION}-alpine AS build
ARG CADDY_VERSION=v2.11.9
ARG XCADDY_VERSION=v0.4.5
ARG WITH=""
RUN go install github.com/caddyserver/xcaddy/cmd/xcaddy@${XCADDY_VERSION}
WORKDIR /src
COPY . .
# The same line as `make xcaddy`.
RUN CGO_ENABLED=0 xcaddy build ${CADDY_VERSION} --output /out/caddy \
      --with github.com/fairwaygw/fairway@v0.0.0=/src ${WITH} \
 && mkdir -p /out/data /out/config

FROM alpine:3.22 AS certificates
RUN apk add --no-cache ca-certificates tzdata

FROM scratch
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=certificates /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /out/caddy /usr/bin/caddy
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/config /config
COPY --from=build /src/examples/docker/Caddyfile /etc/caddy/Caddyfile
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config
VOLUME ["/data", "/config"]
USER 65532:65532
# The Caddyfile within listens on 8080. One of yours that serves names of hosts
# listens on 80 and 443, unless it sets http_port and https_port.
EXPOSE 8080 8443
# The image has no shell: the binary asks itself. A Caddyfile without a site on
# 8080 needs another --health-cmd, or --no-healthcheck.
HEALTHCHECK --interval=15s --timeout=3s --start-period=5s \
  CMD ["/usr/bin/caddy", "fairway", "health", "--url", "http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["/usr/bin/caddy"]
CMD ["run", "--config", "/etc/caddy/Caddyfile"]
