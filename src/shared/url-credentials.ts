const WITH_CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/\/)(.*)@(.*)$/is;
const ENDS_AUTHORITY = /[/?#]/;
const IP_ADDRESS = /^(?:\[[0-9a-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/i;
/** What RFC 3986, section 3.2.1, does not allow in a user name and password. */
const TO_ENCODE = /%(?![0-9a-f]{2})|[^\w.!~*'()$&+,;=:%-]/giu;

/**
 * Percent-encodes the user name and password of a URL, which people write as they are. They end at the last `@`. An `@`
 * belongs to the path where no user name can be before it, or where an IP address is in the place of the host.
 * @returns the same text if it has no credentials or they are encoded already
 */
export function encodeCredentials(url: string): string {
  const match = WITH_CREDENTIALS.exec(url);
  if (match === null || endsBefore(match[2])) return url;
  const [, scheme, credentials, rest] = match;
  const encoded = credentials.replace(TO_ENCODE, (character) =>
    Buffer.from(character).reduce((text, byte) => `${text}%${byte.toString(16).toUpperCase().padStart(2, '0')}`, ''),
  );
  return `${scheme}${encoded}@${rest}`;
}

/** Whether the host is before the last `@`. @param text between `//` and the last `@` */
function endsBefore(text: string): boolean {
  if (!ENDS_AUTHORITY.test(text)) return false;
  const [authority] = text.split(ENDS_AUTHORITY, 1);
  const [user] = text.split(':', 1);
  return ENDS_AUTHORITY.test(user) || IP_ADDRESS.test(authority.slice(authority.lastIndexOf('@') + 1));
}
