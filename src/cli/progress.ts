import type { WriteStream } from 'node:tty';
import type { Writable } from 'node:stream';
import yoctoSpinner from 'yocto-spinner';
import type { Progress, ProgressStep } from '../base/progress.ts';

/**
 * A spinner with the step's last line on a terminal; elsewhere a line when a step starts and one when it ends, with its seconds. Of a
 * step that fails, the last line stays: it may tell what the error does not.
 */
export function createProgress(stderr: Writable): Progress {
  return isTerminal(stderr) ? createSpinnerProgress(stderr) : createLineProgress(stderr);
}

function isTerminal(stream: Writable): stream is WriteStream {
  return 'isTTY' in stream && stream.isTTY === true;
}

/** Steps nest: the innermost one has the spinner; when it ends, the one around it gets it back. */
function createSpinnerProgress(stream: WriteStream): Progress {
  const running: string[] = [];
  const spinner = yoctoSpinner({ stream });

  function show(detail = ''): void {
    const title = running.at(-1);
    if (title === undefined) return;
    const room = Math.max(0, stream.columns - title.length - 6);
    spinner.text = detail === '' ? title : `${title}: ${detail.slice(0, room)}`;
    if (!spinner.isSpinning) spinner.start();
  }

  function end(title: string, report: () => void): void {
    running.splice(running.lastIndexOf(title), 1);
    report(); // stops the spinner
    show();
  }

  return {
    step(title): ProgressStep {
      let last = '';
      running.push(title);
      show();
      return {
        line(text) {
          last = text;
          show(text);
        },
        done: (seconds) => end(title, () => spinner.success(`${title} (${seconds.toFixed(1)} s)`)),
        failed: (seconds) => end(title, () => spinner.error(`${title} (after ${seconds.toFixed(1)} s)${quoted(last)}`)),
      };
    },
  };
}

function createLineProgress(stream: Writable): Progress {
  return {
    step(title): ProgressStep {
      let last = '';
      stream.write(`- ${title}\n`);
      return {
        line(text) {
          last = text; // a log wants the steps, not every line of every tool
        },
        done: (seconds) => void stream.write(`  done in ${seconds.toFixed(1)} s: ${title}\n`),
        failed: (seconds) => void stream.write(`  failed after ${seconds.toFixed(1)} s: ${title}${quoted(last)}\n`),
      };
    },
  };
}

function quoted(line: string): string {
  return line === '' ? '' : `: ${line}`;
}
