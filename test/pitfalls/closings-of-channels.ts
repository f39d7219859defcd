import { channel, Queue, recv, select, send } from "corral";
import type { Closings } from "./closing.ts";

function full(): Queue<number> {
  const queue = new Queue<number>({ capacity: 1 });
  queue.tryPut(1);
  return queue;
}

export const channelClosings: Closings = {
  "Queue.close() for who gets": [
    () => {
      const queue = new Queue<number>({ capacity: 1 });
      return {
        waits: [queue.get(), queue.values().next(), select({ item: recv(queue) })],
        close: () => queue.close(),
        late: () => [queue.get(), queue.values().next(), select({ item: recv(queue) })],
      };
    },
    ["closed", "done", "closed"],
    ["closed", "done", "closed"],
  ],
  "Queue.close() for who puts": [
    () => {
      const queue = full();
      return {
        waits: [queue.put(2), select({ put: send(queue, 3) })],
        close: () => queue.close(),
        late: () => [queue.put(4), select({ put: send(queue, 5) })],
      };
    },
    ["closed", "closed"],
    ["closed", "closed"],
  ],
  "Queue.abort() for who puts and who joins": [
    () => {
      const queue = full();
      return {
        waits: [queue.put(2), queue.join(), select({ put: send(queue, 3) })],
        close: () => queue.abort(),
        late: () => [queue.put(4), queue.get(), queue.join()],
      };
    },
    ["closed", "gave undefined", "closed"],
    ["closed", "closed", "gave undefined"],
  ],
  "Sender.close() of the last one": [
    () => {
      const [sender, receiver] = channel<number>(1);
      return {
        waits: [receiver.receive(), receiver.values().next(), select({ item: recv(receiver) })],
        close: () => sender.close(),
        late: () => [
          receiver.receive(),
          receiver.values().next(),
          sender.send(1),
          sender.reserve(),
        ],
      };
    },
    ["closed", "done", "closed"],
    ["closed", "done", "closed", "closed"],
  ],
  "Sender.close() for what waits at it": [
    () => {
      const [sender, receiver] = channel<number>(0);
      const other = sender.clone();
      return {
        waits: [sender.send(1), sender.reserve(), select({ sent: send(sender, 2) })],
        close: () => sender.close(),
        late: () => [sender.send(1), receiver.receive(), other.send(2)],
      };
    },
    ["closed", "closed", "closed"],
    ["closed", "gave 2", "gave undefined"],
  ],
  "Receiver.close() of the last one": [
    () => {
      const [sender, receiver] = channel<number>(0);
      return {
        waits: [sender.send(1), sender.reserve(), select({ sent: send(sender, 2) })],
        close: () => receiver.close(),
        late: () => [sender.send(1), sender.reserve(), receiver.receive()],
      };
    },
    ["closed", "closed", "closed"],
    ["closed", "closed", "closed"],
  ],
  "Receiver.close() for what waits at it": [
    () => {
      const [sender, receiver] = channel<number>(0);
      const other = receiver.clone();
      return {
        waits: [receiver.receive(), receiver.values().next(), select({ item: recv(receiver) })],
        close: () => receiver.close(),
        late: () => [receiver.receive(), sender.send(1), other.receive()],
      };
    },
    ["closed", "done", "closed"],
    ["closed", "gave undefined", "gave 1"],
  ],
};
