# syntax=docker/dockerfile:1
# Build with the full image: better-sqlite3 and ssh2 compile small native addons.
FROM node:24-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY server server
COPY admin-api admin-api
COPY cli cli
COPY migrations migrations
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    WAYBILL_DATA_DIR=/var/lib/waybill/data \
    WAYBILL_KEYS_DIR=/var/lib/waybill/keys \
    WAYBILL_ADMIN_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY cli/waybill.mjs cli/waybill.mjs
COPY migrations migrations
RUN ln -s /app/cli/waybill.mjs /usr/local/bin/waybill \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin waybill \
 && install -d -o waybill -g waybill -m 0700 /var/lib/waybill /var/lib/waybill/data /var/lib/waybill/keys
USER waybill
VOLUME ["/var/lib/waybill/data", "/var/lib/waybill/keys"]
EXPOSE 2022 8022
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.WAYBILL_ADMIN_PORT ?? 8022) + '/readyz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/server/main.js"]
