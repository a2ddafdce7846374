declare module 'snappyjs' {
  const SnappyJS: {
    compress<T extends Uint8Array | ArrayBuffer>(data: T): T;
    uncompress<T extends Uint8Array | ArrayBuffer>(data: T, maxLength?: number): T;
  };
  export default SnappyJS;
}
