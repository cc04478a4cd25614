/**
 * One value kept by the browser for this origin (IndexedDB). A browser that refuses it loses comfort,
 * nothing else: reading gives null, writing does nothing.
 */
const NAME = 'muster';
const STORE = 'kept';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'));
  });
}

async function run<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T | null> {
  try {
    const db = await open();
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = db.transaction(STORE, mode);
        const request = act(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB'));
      });
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}

export const kept = {
  get: (key: string): Promise<unknown> => run('readonly', (store) => store.get(key)),
  set: (key: string, value: unknown) => run('readwrite', (store) => store.put(value, key)),
  clear: () => run('readwrite', (store) => store.clear()),
};
