import { describe, expect, it } from 'vitest';
import { confirmedDownloadUrl, pageTitle } from '../../../src/models/file-request.js';

const PAGE = `<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>
<form action="/search"><input name="q" value="other"></form>
<form id="download-form" action="https://drive.usercontent.google.com/download" method="get">
<input type="submit" id="uc-download-link" value="Download anyway"/>
<input type="hidden" name="id" value="1EXPB&amp;x"><input type="hidden" name="export" value="download">
<input type="hidden" name="confirm" value="t"><input value='5f0c-1d2e' type=hidden name='uuid'></form>
<input name="outside" value="1"></body></html>`;

describe('confirmedDownloadUrl', () => {
  it('joins the action of the form with its hidden fields', () => {
    expect(confirmedDownloadUrl(PAGE, 'https://drive.google.com/uc?id=1')).toBe(
      'https://drive.usercontent.google.com/download?id=1EXPB%26x&export=download&confirm=t&uuid=5f0c-1d2e',
    );
  });

  it('resolves a relative action against the address of the page', () => {
    const page = '<FORM ID="download-form" ACTION="/download?id=7"><INPUT NAME="confirm" VALUE="t"></FORM>';
    expect(confirmedDownloadUrl(page, 'http://example.org/a/b')).toBe('http://example.org/download?id=7&confirm=t');
  });

  it.each([
    ['an empty page', ''],
    ['a page without the form', '<html><title>Quota exceeded</title><form action="/a"></form></html>'],
    ['a form without an action', '<form id="download-form">'],
    ['an action that is not an address', '<form id="download-form" action="http://[">'],
    ['an action that runs a script', '<form id="download-form" action="javascript:alert(1)">'],
    ['an action on the disk', '<form id="download-form" action="file:///etc/passwd">'],
    ['a page cut off in the form', '<form id="download-form" action="/a'],
  ])('finds nothing in %s', (_what, page) => {
    expect(confirmedDownloadUrl(page, 'http://example.org/')).toBeNull();
  });

  it.each(['<', '<form ', '<form id=', '<a"', '<title>', '&amp;'])('reads a page of many %j', (piece) => {
    const page = piece.repeat(1_000_000 / piece.length);
    expect(confirmedDownloadUrl(page, 'http://example.org/')).toBeNull();
  });
});

describe('pageTitle', () => {
  it('takes the title', () => expect(pageTitle(PAGE)).toBe('Google Drive - Virus scan warning'));
  it('keeps to one line without control characters', () => {
    expect(pageTitle('<TITLE>\u001b[31mSorry,\n  &quot;no&quot; &amp;lt;</TITLE>')).toBe('[31mSorry, "no" &lt;');
  });
  it('is short', () => expect(pageTitle(`<title>${'x'.repeat(1000)}</title>`)).toBe('x'.repeat(80)));
  it.each(['', '<title>', '<title>   </title>', '<h1>Title</h1>'])('finds none in %j', (page) => {
    expect(pageTitle(page)).toBeNull();
  });
});
