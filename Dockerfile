# syntax=docker/dockerfile:1
# Build with the full image: better-sqlite3 and ssh2 compile small native addons. Both stages have one Node, an LTS.
FROM node:24.21.0-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY server server
COPY admin-api admin-api
COPY cli cli
COPY migrations migrations
RUN npm run build && npm prune --omit=dev

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    WAYBILL_DATA_DIR=/data \
    WAYBILL_KEYS_DIR=/keys \
    WAYBILL_ADMIN_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY cli/waybill.mjs cli/waybill.mjs
COPY migrations migrations
COPY verifier verifier
# The application stays root's, so that its own user can't change it. npm is not needed any more.
RUN ln -s /app/cli/waybill.mjs /usr/local/bin/waybill \
 && rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn* \
 && install -d -o 10001 -g 10001 -m 0700 /data /keys
USER 10001:10001
VOLUME ["/data", "/keys"]
EXPOSE 2022 8022
STOPSIGNAL SIGTERM
# It knows the port and whether TLS is on from the same variables as the server, and gives up by itself after 5 s.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s CMD ["waybill", "health"]
CMD ["node", "--enable-source-maps", "dist/server/main.js"]
