// Photos that the system opens with the installed page: they come as files on this device, by a call of the browser's and not by a request.

/** The part of `LaunchQueue` that we use; only Chromium has it. */
interface LaunchQueue {
  setConsumer(consumer: (launched: { readonly files: readonly FileSystemFileHandle[] }) => void): void;
}

export function openLaunched(add: (files: File[]) => void): void {
  const queue: unknown = Reflect.get(window, 'launchQueue');
  if (!isLaunchQueue(queue)) return;
  queue.setConsumer(({ files }) => void Promise.all(files.map((handle) => handle.getFile())).then(add));
}

function isLaunchQueue(value: unknown): value is LaunchQueue {
  return typeof value === 'object' && value !== null && 'setConsumer' in value;
}
