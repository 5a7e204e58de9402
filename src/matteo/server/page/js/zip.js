/** A ZIP of stored files, for results that are made on this device (APPNOTE 6.3: headers, no compression). */

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});

export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** files: [{name, blob}]. Names that are alike get a number. */
export async function zipped(files) {
  const parts = [], directory = [];
  let offset = 0;
  for (const { name, blob } of numbered(files)) {
    const path = new TextEncoder().encode(name);
    const crc = crc32(new Uint8Array(await blob.arrayBuffer()));
    parts.push(record(0x04034b50, path, crc, blob.size), blob);
    directory.push(record(0x02014b50, path, crc, blob.size, offset));
    offset += 30 + path.length + blob.size;
  }
  const length = directory.reduce((sum, one) => sum + one.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  for (const at of [8, 10]) end.setUint16(at, directory.length, true);
  end.setUint32(12, length, true);
  end.setUint32(16, offset, true);
  return new Blob([...parts, ...directory, end.buffer], { type: "application/zip" });
}

/** A local header, or with an offset the central directory's entry. */
function record(signature, path, crc, size, offset = null) {
  const central = offset !== null;
  const bytes = new Uint8Array((central ? 46 : 30) + path.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  const at = central ? 6 : 4;
  if (central) view.setUint16(4, 20, true);
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, 0x0800, true); // names are UTF-8
  view.setUint16(at + 8, 0x21, true); // 1 January 1980, the earliest date there is
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, path.length, true);
  if (central) view.setUint32(42, offset, true);
  bytes.set(path, central ? 46 : 30);
  return bytes;
}

function numbered(files) {
  const seen = new Map();
  return files.map(({ name, blob }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { name: count === 1 ? name : name.replace(/(\.[^.]+)?$/, ` (${count})$1`), blob };
  });
}
