/** Base64 to bytes. */

/** Browsers from 2025 on have this built in. */
interface Built {
  fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
}

/** The bytes of a text in base64, with or without white space round it. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const built = (Uint8Array as Built).fromBase64;
  if (built !== undefined) return built.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
