import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';

interface State {
  boot: string;
  clean: boolean;
}

/**
 * Remembers in which run of the machine the folder was last open. The pages of a killed process are still in the machine's
 * cache; only a machine that went down between two flushes can have torn the file.
 */
export class FolderState {
  readonly mayBeTorn: boolean;
  private readonly path: string;
  private readonly boot = bootId();

  constructor(folder: string) {
    this.path = join(folder, 'state.json');
    const last = readState(this.path);
    this.mayBeTorn = last !== undefined && !last.clean && last.boot !== this.boot;
  }

  markOpen(): void {
    this.write({ boot: this.boot, clean: false });
  }

  markClosed(): void {
    try {
      this.write({ boot: this.boot, clean: true });
    } catch {
      // A full disk: without the mark the folder is checked after the next start of the machine, which is only slower.
    }
  }

  private write(state: State): void {
    const temporary = `${this.path}.new`;
    const file = openSync(temporary, 'w');
    writeSync(file, JSON.stringify(state));
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, this.path);
  }
}

function readState(path: string): State | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as State;
  } catch {
    return undefined;
  }
}

/** Elsewhere than on Linux the minute the machine was started; a wrong guess costs a check of the folder, nothing else. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `started ${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}
