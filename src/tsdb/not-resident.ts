/** What is asked for can not be had at once out of memory: where files may be waited for it can. */
export class NotResident extends Error {
  override readonly name: string = 'NotResident';
}
