/** Where a worker process finds its end of the pipe to the monitor's: behind the streams and Node's channel. */
export const pipeDescriptor = 4;
