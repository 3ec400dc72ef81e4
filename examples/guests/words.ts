// Counts the words of the standard input: a line `word count` for each, in order.
// AssemblyScript, which has no WASI of its own: two imports and an iovec.

@external("wasi_snapshot_preview1", "fd_read")
declare function fdRead(fd: u32, iovecs: usize, count: u32, moved: usize): u32;
@external("wasi_snapshot_preview1", "fd_write")
declare function fdWrite(fd: u32, iovecs: usize, count: u32, moved: usize): u32;

const iovec = memory.data(8);
const moved = memory.data(4);

function readAll(): Uint8Array {
  let text = new Uint8Array(4096);
  let length = 0;
  while (true) {
    if (length == text.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(text);
      text = larger;
    }
    store<u32>(iovec, text.dataStart + length);
    store<u32>(iovec, text.length - length, 4);
    if (fdRead(0, iovec, 1, moved)) unreachable();
    if (!load<u32>(moved)) return text.subarray(0, length);
    length += load<u32>(moved);
  }
}

function write(text: ArrayBuffer): void {
  let done = 0;
  while (done < text.byteLength) {
    store<u32>(iovec, changetype<usize>(text) + done);
    store<u32>(iovec, text.byteLength - done, 4);
    if (fdWrite(1, iovec, 1, moved)) unreachable();
    done += load<u32>(moved);
  }
}

export function _start(): void {
  const text = readAll();
  const counts = new Map<string, i32>();
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length) {
      const small = text[at] | 32;
      if (small >= 97 && small <= 122) {
        text[at] = small;
        continue;
      }
    }
    if (at > start) {
      const word = String.UTF8.decodeUnsafe(text.dataStart + start, at - start);
      counts.set(word, counts.has(word) ? counts.get(word) + 1 : 1);
    }
    start = at + 1;
  }
  const words = counts.keys().sort();
  let lines = "";
  for (let index = 0; index < words.length; index++) {
    lines += words[index] + " " + counts.get(words[index]).toString() + "\n";
  }
  write(String.UTF8.encode(lines));
}
