import { noAnswer, refusalOf } from './api';

/** Sends a file as it is. Not by fetch, which does not tell how far it is. */
export function upload<T>(
  path: string,
  file: Blob,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('content-type', file.type);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(noAnswer());
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    request.onload = () => {
      const { status, responseText } = request;
      if (status < 200 || status > 299) return reject(refusalOf(status, responseText));
      try {
        resolve(JSON.parse(responseText) as T);
      } catch {
        reject(refusalOf(status, ''));
      }
    };
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
