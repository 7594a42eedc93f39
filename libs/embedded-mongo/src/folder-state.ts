import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';

const STATE_BYTES = 128;

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
    this.mayBeTorn = existsSync(this.path) && !this.isTrusted();
  }

  markOpen(): void {
    this.write({ boot: this.boot, clean: false });
  }

  markClosed(): void {
    this.write({ boot: this.boot, clean: true });
  }

  private isTrusted(): boolean {
    try {
      const { boot, clean } = JSON.parse(readFileSync(this.path, 'utf8')) as State;
      return clean || boot === this.boot;
    } catch {
      return false;
    }
  }

  /** Over the old text and as long as that, because a full disk has room for no other file. */
  private write(state: State): void {
    const file = openSync(this.path, existsSync(this.path) ? 'r+' : 'w');
    writeSync(file, JSON.stringify(state).padEnd(STATE_BYTES));
    fsyncSync(file);
    closeSync(file);
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
