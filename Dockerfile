# Runs Parley with the Node.js of the base image, as a user without rights, also with a read-only root:
# docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges …
FROM node:24-slim

WORKDIR /parley
COPY package.json package-lock.json ./
# The optional packages include the image library for this platform, and a second Node.js (190 MB), which is removed.
RUN npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/node-linux-* && npm cache clean --force

COPY bin ./bin
COPY lib ./lib
COPY templates ./templates
COPY static ./static
COPY fixtures ./fixtures

# /data: embedded database and uploaded files. /compiled: compile cache of Node.js. Only the server's user can read them.
RUN mkdir -m 700 /data /compiled && chown node:node /data /compiled
VOLUME /data
# No program of the image gains rights by its owner.
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +
USER node
ENV NODE_ENV=production NODE_COMPILE_CACHE=/compiled HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
EXPOSE 3000

HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# Without npm or a shell, which would not forward SIGTERM.
CMD ["node", "--max-semi-space-size=24", "lib/cli/main.ts", "serve"]
