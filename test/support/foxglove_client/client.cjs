// SPDX-License-Identifier: Apache-2.0
// Foxglove's own client of its protocol: subscribes to topics, and writes what comes as lines of JSON.
//
// node client.cjs ADDRESS TOPIC...
//
// First comes {"advertised": {topic: schema's name}}, then a {"topic", "stamp", "message"} for each
// message, its bytes as base64. A line of input is done and answered by {"done": line}: "pause" stops
// reading from the socket, and "resume" goes on.
"use strict";

const readline = require("node:readline");
const { FoxgloveClient } = require("@foxglove/ws-protocol");
const { Root } = require("protobufjs");
const { FileDescriptorSet } = require("protobufjs/ext/descriptor");
const { WebSocket } = require("ws");

// The name that today's servers agree to: the messages are those of the package's own.
const SUBPROTOCOL = "foxglove.sdk.v1";

const [address, ...wanted] = process.argv.slice(2);
const socket = new WebSocket(address, [SUBPROTOCOL]);
const client = new FoxgloveClient({ ws: socket });
const subscriptions = new Map();

function decoderOf(channel) {
  if (channel.encoding === "json") {
    return (bytes) => JSON.parse(new TextDecoder().decode(bytes));
  }
  const set = FileDescriptorSet.decode(Buffer.from(channel.schema, "base64"));
  const type = Root.fromDescriptor(set).lookupType(channel.schemaName);
  const options = { bytes: String, enums: String, longs: Number, defaults: true };
  return (bytes) => type.toObject(type.decode(bytes), options);
}

function write(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

client.on("advertise", (channels) => {
  write({ advertised: Object.fromEntries(channels.map((one) => [one.topic, one.schemaName])) });
  for (const channel of channels.filter((one) => wanted.includes(one.topic))) {
    subscriptions.set(client.subscribe(channel.id), {
      topic: channel.topic,
      decode: decoderOf(channel),
    });
  }
});
client.on("message", ({ subscriptionId, timestamp, data }) => {
  const { topic, decode } = subscriptions.get(subscriptionId);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  write({ topic, stamp: String(timestamp), message: decode(bytes) });
});
client.on("status", (status) => write({ status: status.message }));
client.on("error", (error) => {
  console.error(String(error.message ?? error));
  process.exit(1);
});
client.on("close", () => process.exit(0));

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "pause") {
    socket.pause();
  } else {
    socket.resume();
  }
  write({ done: line });
});
