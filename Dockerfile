# rep as an image: the CLI, its built-in scenarios, and nothing to build with. See docker/k8s/README.md.
#   docker build -t rep .
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Scripts of packages are not run: every native part comes ready built.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production REP_HOME=/data
WORKDIR /opt/rep
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/bin ./bin
COPY --from=build /build/dist ./dist
COPY --from=build /build/scenarios ./scenarios
# Mappings of the indexes, which rep reads.
COPY --from=build /build/docker ./docker
RUN ln -s /opt/rep/bin/rep.js /usr/local/bin/rep && mkdir /data && chown node:node /data
# The image's own user, by number, so that a cluster can see that it is not root.
USER 1000:1000
VOLUME /data
ENTRYPOINT ["rep"]
CMD ["--help"]
